import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ends a child with its parent, however the parent ends.
enum ParentWatch {
    /// Kills this process once its standard input is at its end: the parent holds the other end.
    static func begin() {
        _ = DedicatedThread(name: "parent-watch") {
            var byte: UInt8 = 0
            while unsafe read(0, &byte, 1) > 0 {}
            die()
        }
    }

    /// Ends this process where it stands, as a kill from outside does.
    static func die() -> Never {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
