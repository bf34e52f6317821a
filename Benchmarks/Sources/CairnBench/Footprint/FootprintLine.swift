/// What `footprint` finds out, as it stands in the JSON file.
struct FootprintLine: Codable {
    /// One way of opening.
    struct Open: Codable {
        /// What the store went by.
        let path: StoreProbe.Path
        let cache: Cache
        let after: Ending
        /// From before the open to the first value.
        let seconds: Double
    }

    /// Where the files were.
    enum Cache: String, Codable, CaseIterable { case warm, cold }

    /// How the owner before had ended.
    enum Ending: String, Codable, CaseIterable { case close, kill }

    let keys: Int
    let keyBytes: Int
    let valueBytes: Int
    let cacheBytes: Int
    /// How much the process grew by opening the store and its first read.
    let ramBytesPerKey: Double
    /// That part of it which is no file's.
    let ramAnonBytesPerKey: Double
    /// What the store itself says of its index.
    let indexBytes: Int?
    let checkpointBytes: Int
    let diskBytes: Int
    let version: String
    let open: [Open]

    enum CodingKeys: String, CodingKey {
        case keys, version, open
        case keyBytes = "key_bytes"
        case valueBytes = "value_bytes"
        case cacheBytes = "cache_bytes"
        case ramBytesPerKey = "ram_bytes_per_key"
        case ramAnonBytesPerKey = "ram_anon_bytes_per_key"
        case indexBytes = "index_bytes"
        case checkpointBytes = "checkpoint_bytes"
        case diskBytes = "disk_bytes"
    }
}
