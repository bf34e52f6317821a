extension KeyRun {
    /// A run in memory of the keys of a block, as the file of the same run would be.
    static func inMemory(
        _ block: KeyBlock, into writer: KeyRunWriter
    ) throws(KeyRunError) -> KeyRun {
        var writer = writer
        for entry in block.entries { writer.append(entry, in: block.bytes) }
        writer.finish()
        return try open(.memory(writer.takeBytes()), store: writer.header.store)
    }

    /// All bytes of a run in memory, to be written to a file; `nil` of one that is a file.
    var memory: [UInt8]? {
        guard case .memory(let bytes) = source else { return nil }
        return bytes
    }
}
