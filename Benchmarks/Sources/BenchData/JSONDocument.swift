/// Makes documents such as services store: names, numbers, times, states, and a remark that fills up what is
/// left. In blocks of some kilobytes zlib makes them about half as long.
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
        var text = Array(#"{"id":0000000000,"v":00000"#.utf8)
        let tail = Array(#","note":""#.utf8)
        let end = Array(#""}"#.utf8)
        while true {
            let field = Array(field(&random).utf8)
            guard text.count + field.count + tail.count + end.count <= byteCount else { break }
            text += field
        }
        text += tail
        var remark: [UInt8] = []
        let left = byteCount - text.count - end.count
        while remark.count < left {
            remark += Array(words[random.next(below: words.count)].utf8) + [UInt8(ascii: " ")]
        }
        return text + remark.prefix(left) + end
    }

    private static func field(_ random: inout RandomNumbers) -> String {
        switch random.next(below: 7) {
        case 0: #","name":"\#(pick(first, &random)) \#(pick(last, &random))""#
        case 1: #","at":\#(1_767_225_600_000 + random.next(below: 31_536_000_000))"#
        case 2: #","amount":\#(random.next(below: 1000)).\#(10 + random.next(below: 90))"#
        case 3: #","city":"\#(pick(cities, &random))""#
        case 4: #","state":"\#(pick(states, &random))""#
        case 5: #","visits":\#(random.next(below: 5000))"#
        default: #","ok":\#(random.next(below: 2) == 0)"#
        }
    }

    private static func pick(_ names: [String], _ random: inout RandomNumbers) -> String {
        names[random.next(below: names.count)]
    }
}
