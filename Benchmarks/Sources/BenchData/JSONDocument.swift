/// Makes documents such as services store: names, numbers, times, states, and a remark that fills
/// up what is left. In blocks of 4 to 64 KiB zlib makes them about a third as long.
enum JSONDocument {
    private static let first = [
        "Ada", "Mara", "Jonas", "Priya", "Tomasz", "Ines", "Kwame", "Yuki", "Leila", "Marco",
        "Sofia", "Dmitri", "Noor", "Elena", "Hugo", "Amara", "Felix", "Chen", "Ruth", "Oskar",
    ]
    private static let last = [
        "Lindqvist", "Okafor", "Novak", "Sharma", "Kowalski", "Moreau", "Tanaka", "Haddad",
        "Rossi", "Keller", "Petrov", "Nguyen", "Silva", "Murphy", "Jansen", "Garcia", "Weber",
    ]
    private static let cities = [
        "Lyon", "Porto", "Krakow", "Osaka", "Accra", "Bergen", "Turin", "Leipzig", "Quito",
        "Galway", "Utrecht", "Pune", "Tampere", "Graz",
    ]
    private static let states = ["active", "paused", "invited", "closed", "trial"]
    private static let words = [
        "the", "invoice", "was", "sent", "again", "after", "review", "customer", "asked", "for",
        "delivery", "on", "friday", "address", "changed", "please", "call", "back", "order",
        "returned", "by", "mail", "paid", "in", "full", "see", "ticket", "late", "with", "refund",
    ]

    /// A document of exactly `byteCount` bytes, with zeros where number and version go.
    static func make(byteCount: Int, _ random: inout RandomNumbers) -> [UInt8] {
        var text = #"{"id":10000000000,"v":100000"#
        let (note, end) = (#","note":""#, #""}"#)
        func isRoom(for more: String) -> Bool {
            text.utf8.count + more.utf8.count + note.utf8.count + end.utf8.count <= byteCount
        }
        let reference = "," + field(5, &random)
        if isRoom(for: reference) { text += reference }
        var kinds = [0, 1, 2, 3, 4, 6]
        while !kinds.isEmpty {
            let more = "," + field(kinds.remove(at: random.next(below: kinds.count)), &random)
            guard isRoom(for: more) else { break }
            text += more
        }
        var events: [String] = []
        while kinds.isEmpty {
            let event = "{" + field(1, &random) + "," + field(random.next(below: 7), &random) + "}"
            guard isRoom(for: list(events + [event])) else { break }
            events.append(event)
        }
        text += events.isEmpty ? note : list(events) + note
        let left = byteCount - text.utf8.count - end.utf8.count
        var remark = ""
        while remark.utf8.count < left { remark += words[random.next(below: words.count)] + " " }
        return Array((text + remark.prefix(left) + end).utf8)
    }

    private static func list(_ events: [String]) -> String {
        #","events":["# + events.joined(separator: ",") + "]"
    }

    private static func field(_ kind: Int, _ random: inout RandomNumbers) -> String {
        switch kind {
        case 0: #""name":"\#(pick(first, &random)) \#(pick(last, &random))""#
        case 1: #""at":\#(1_767_225_600_000 + random.next(below: 31_536_000_000))"#
        case 2: #""amount":\#(random.next(below: 10_000)).\#(10 + random.next(below: 90))"#
        case 3: #""city":"\#(pick(cities, &random))""#
        case 4: #""state":"\#(pick(states, &random))""#
        case 5: #""ref":"\#(token(&random) + token(&random))""#
        default: #""visits":\#(random.next(below: 5000))"#
        }
    }

    private static func token(_ random: inout RandomNumbers) -> String {
        String(String(random.next(), radix: 36).suffix(10))
    }

    private static func pick(_ names: [String], _ random: inout RandomNumbers) -> String {
        names[random.next(below: names.count)]
    }
}
