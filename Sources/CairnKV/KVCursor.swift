#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a listing goes on: after a key, whatever has happened to it since. Opaque to users.
struct KVCursor {
    let lastKey: [UInt8]

    init(after key: [UInt8]) { lastKey = key }

    /// Reads a cursor that came back; `nil` when it is not one of ours.
    init?(_ text: String) {
        guard let data = Data(base64Encoded: text), !data.isEmpty else { return nil }
        lastKey = Array(data)
    }

    var text: String { Data(lastKey).base64EncodedString() }
}
