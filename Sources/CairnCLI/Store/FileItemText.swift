import CairnStore

/// A part of a file as `cairn store dump` shows it: a line for people, or of JSON.
struct FileItemText {
    private let item: FileDumper.Item

    init(_ item: FileDumper.Item) { self.item = item }

    func print(json: Bool) throws {
        if json { try JSONText.print(object) } else { Swift.print(line) }
    }

    private var line: String {
        let fields = item.fields.map { field in
            switch field.value {
            case .number(let number): "\(field.name)=\(number)"
            case .text(let text): item.isDamage ? text : "\(field.name)=\(text)"
            case .bytes(let bytes): "\(field.name)=\(Self.quoted(JSONText.readable(bytes)))"
            case .flag(let flag): "\(field.name)=\(flag)"
            }
        }
        return ([String(item.offset), item.name] + fields).joined(separator: " ")
    }

    /// Text with blanks or quotes, or none at all, in quotes.
    private static func quoted(_ text: String) -> String {
        guard text.isEmpty || text.contains(" ") || text.contains("\"") else { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private var object: JSONText.Value {
        var members: [String: JSONText.Value] = [
            "item": .string(item.name), "offset": .integer(item.offset),
        ]
        for field in item.fields {
            members[field.name] =
                switch field.value {
                case .number(let number): .integer(number)
                case .text(let text): .string(text)
                case .bytes(let bytes): .string(JSONText.readable(bytes))
                case .flag(let flag): .bool(flag)
                }
        }
        return .object(members)
    }
}
