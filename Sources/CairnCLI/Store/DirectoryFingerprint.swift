#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The names, lengths and times of a directory's files: whoever writes to a store changes it.
struct DirectoryFingerprint: Equatable {
    private struct File: Equatable {
        let byteCount: UInt64?
        let modified: Date?
    }

    private let files: [String: File]

    /// What is there now; nothing of what cannot be looked at.
    init(of directory: String) {
        let manager = FileManager.default
        var files: [String: File] = [:]
        for name in (try? manager.contentsOfDirectory(atPath: directory)) ?? [] {
            let attributes = try? manager.attributesOfItem(atPath: directory + "/" + name)
            files[name] = File(
                byteCount: Self.number(attributes?[.size]),
                modified: attributes?[.modificationDate] as? Date)
        }
        self.files = files
    }

    /// Foundation says it as different types on different systems.
    private static func number(_ value: Any?) -> UInt64? {
        (value as? UInt64) ?? (value as? any BinaryInteger).map { UInt64(clamping: $0) }
    }
}
