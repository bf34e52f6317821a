import CairnHTTP
import HTTPTypes
import NIOHTTP1

/// Between NIO's messages and CairnHTTP's values.
enum HTTPConversion {
    /// The request, or `nil` when a field's name or the method is not one of HTTP's.
    static func request(_ head: HTTPRequestHead, body: Body) -> Request? {
        guard let method = HTTPRequest.Method(rawValue: head.method.rawValue) else { return nil }
        var fields = HTTPFields()
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { return nil }
            fields.append(HTTPField(name: name, value: value))
        }
        return Request(method: method, url: head.uri, headers: fields, body: body)
    }

    /// Fields that the front sets itself: a worker's own could cut one response into two.
    private static let framing: Set<HTTPField.Name> = [
        .contentLength, .transferEncoding, .connection, .date, .upgrade,
    ]

    static func headers(_ fields: HTTPFields) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for field in fields where !framing.contains(field.name) {
            headers.add(name: field.name.canonicalName, value: field.value)
        }
        return headers
    }

    /// Seconds since 1970 as HTTP writes them (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func date(secondsSinceEpoch seconds: Int64) -> String {
        let days = seconds / 86400
        let (time, weekday) = (seconds % 86400, (days + 4) % 7)
        // Civil date from days since 1970-03-01 of year 0, era by era (H. Hinnant's algorithm).
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        return "\(weekdays[Int(weekday)]), \(two(day)) \(months[Int(month) - 1]) \(year) "
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
