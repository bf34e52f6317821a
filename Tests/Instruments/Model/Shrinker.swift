/// Makes a failing list of operations shorter.
///
/// Delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", 2002): leaves out
/// halves, then quarters, and so on down to single operations, for as long as it still fails.
enum Shrinker {
    /// Runs at most so many candidates: a failure is worth a minute, not an hour.
    private static let attemptsMax = 2000

    static func shrink<Operation>(
        _ operations: [Operation], fails: ([Operation]) -> Bool
    ) -> [Operation] {
        var current = operations
        var attempts = 0
        var chunk = max(1, current.count / 2)
        while true {
            var start = 0
            var hasShrunk = false
            while start < current.count && attempts < attemptsMax {
                var candidate = current
                candidate.removeSubrange(start..<min(start + chunk, candidate.count))
                attempts += 1
                if fails(candidate) {
                    current = candidate
                    hasShrunk = true
                } else {
                    start += chunk
                }
            }
            if attempts >= attemptsMax || (chunk == 1 && !hasShrunk) { return current }
            chunk = hasShrunk && chunk == 1 ? 1 : max(1, chunk / 2)
        }
    }
}
