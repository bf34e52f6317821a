/// One measurement, as it stands in the JSON file.
struct CompareLine: Codable, Sendable {
    let engine: String
    let workload: Workload
    let threads: Int
    let callers: Int
    let keys: Int
    let keyBytes: Int
    let valueBytes: Int
    let cacheBytes: Int
    var `repeat`: Int
    var operations: Int
    /// Time inside the engine, of an average thread.
    let seconds: Double
    let opsPerSecond: Double
    /// Counting also what the engine had left to do in the background, and its closing.
    let closedOpsPerSecond: Double?
    let p50Us: Double
    var p99Us: Double
    var p999Us: Double
    let cpuUsPerOp: Double
    /// How much larger the process was after the run than before it opened the engine.
    let rssBytes: Int
    /// That part of it which is no file's.
    let rssAnonBytes: Int
    /// How much larger it was at its largest.
    let peakRssBytes: Int
    /// Allocated blocks after the engine was closed.
    let diskBytes: Int
    /// Whether the run was stopped before it had done all keys.
    let cut: Bool
    var version: String
    let settings: String

    enum CodingKeys: String, CodingKey {
        case engine, workload, threads, callers, keys, `repeat`, operations, seconds, cut, version
        case settings
        case keyBytes = "key_bytes"
        case valueBytes = "value_bytes"
        case cacheBytes = "cache_bytes"
        case opsPerSecond = "ops_per_second"
        case closedOpsPerSecond = "closed_ops_per_second"
        case p50Us = "p50_us"
        case p99Us = "p99_us"
        case p999Us = "p999_us"
        case cpuUsPerOp = "cpu_us_per_op"
        case rssBytes = "rss_bytes"
        case rssAnonBytes = "rss_anon_bytes"
        case peakRssBytes = "peak_rss_bytes"
        case diskBytes = "disk_bytes"
    }

    var job: Job { Job(workload: workload, callers: callers) }
}
