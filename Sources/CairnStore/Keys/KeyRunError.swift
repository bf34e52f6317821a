import CairnFiles

/// Why a key run cannot be used. It is derived data: whoever meets one rebuilds it from the log.
enum KeyRunError: Error, Hashable {
    /// The file system refused.
    case file(FileError)
    /// The file has so few bytes that it cannot be a run, or fewer than it says.
    case short(Int)
    case magic
    case version(UInt16)
    /// What is at that offset is not what was written there.
    case checksum(offset: Int)
    /// Checksummed, but what is at that offset cannot be right.
    case range(offset: Int)
    /// Of another store.
    case store(StoreID)
    /// The file covers other sequences than its name says.
    case name(KeyRunName)
}
