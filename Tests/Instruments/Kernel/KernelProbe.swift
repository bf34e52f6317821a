import CairnStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The child of the kernel scenarios: takes limits and a user upon itself, opens a store, writes,
/// reads, and says on standard output what came of each.
enum KernelProbe {
    /// How the child is told what to do: `name=value`, in any order.
    private struct Orders {
        var words: [String: String] = [:]

        init(_ arguments: [String]) {
            for argument in arguments {
                let parts = argument.split(separator: "=", maxSplits: 1)
                words[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
            }
        }

        subscript(_ name: String) -> Int? { words[name].flatMap { Int($0) } }
    }

    /// - Returns: the exit code: 0 whatever the store said, as long as it said it.
    static func run(_ arguments: [String]) -> Int32 {
        let orders = Orders(arguments)
        guard let directory = orders.words["directory"], restrict(orders) else { return 64 }
        let settings = KernelEntries.settings(
            segmentByteCount: orders["segment"] ?? 8 << 10)
        do throws(StoreError) {
            let store = try Store.open(at: directory, settings: settings)
            say("opened")
            try work(on: store, directory, orders)
        } catch { say("refused \(error.kind.rawValue) \(error)") }
        return 0
    }

    /// Takes limits and the user; false when the system does not let us.
    private static func restrict(_ orders: Orders) -> Bool {
        if let files = orders["files"] {
            var limit = rlimit(rlim_cur: rlim_t(files), rlim_max: rlim_t(files))
            #if canImport(Glibc)
                guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
                else { return false }
            #else
                guard unsafe setrlimit(RLIMIT_NOFILE, &limit) == 0 else { return false }
            #endif
        }
        if let bytes = orders["filesize"] {
            var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
            #if canImport(Glibc)
                guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0
                else { return false }
            #else
                guard unsafe setrlimit(RLIMIT_FSIZE, &limit) == 0 else { return false }
            #endif
        }
        if let user = orders["user"] {
            guard setgid(gid_t(user)) == 0, setuid(uid_t(user)) == 0 else { return false }
        }
        return true
    }

    private static func work(
        on store: Store, _ directory: String, _ orders: Orders
    ) throws(StoreError) {
        let first = orders["first"] ?? 0
        let middle = first + (orders["writes"] ?? 0)
        var acknowledged = try write(first..<middle, to: store)
        if let disturbance = orders.words["disturb"] {
            say(KernelDisturbance(rawValue: disturbance)?.happen(to: directory) ?? "unknown")
            let last = middle + (orders["writes"] ?? 0)
            acknowledged += try write(middle..<last, to: store)
        }
        read(acknowledged, from: store)
        if orders.words["hold"] != nil {
            say("holding")
            while true { pause() }
        }
        do throws(StoreError) {
            try store.close()
            say("closed")
        } catch { say("unclosed \(error.kind.rawValue) \(error)") }
    }

    private static func write(_ range: Range<Int>, to store: Store) throws(StoreError) -> [Int] {
        let (written, refusal) = try KernelEntries.write(range, to: store)
        say("acknowledged \(written.lowerBound) \(written.upperBound)")
        if let refusal { say("failed \(refusal.kind.rawValue) \(refusal)") }
        return Array(written)
    }

    private static func read(_ numbers: [Int], from store: Store) {
        for number in numbers {
            do throws(StoreError) {
                let found = try store.keyspace(KernelEntries.keyspace)
                    .get(KernelEntries.key(number))
                if found != KernelEntries.value(number) { return say("wrong \(number)") }
            } catch { return say("unreadable \(error.kind.rawValue) \(error)") }
        }
        say("read")
    }

    private static func say(_ line: String) {
        let text = Array((line + "\n").utf8)
        _ = unsafe text.withUnsafeBytes { unsafe systemWrite(1, $0.baseAddress, $0.count) }
    }
}

/// The name that the probe's own method hides.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(file, bytes, count)
}
