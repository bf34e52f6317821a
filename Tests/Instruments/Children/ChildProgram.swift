import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where the programs are that instruments start: beside the one that runs.
package enum ChildProgram {
    /// The campaign's own executable, whose hidden command `child` is the body of every child.
    ///
    /// Under `swift test` it lies beside the test bundle.
    package static let campaign = directory + "/CrashCampaign"

    /// The shipped command, or `nil` when it has not been built.
    package static var cairn: String? {
        let named = ProcessInfo.processInfo.environment["CAIRN_BINARY"]
        let path = named ?? directory + "/cairn"
        return unsafe access(path, X_OK) == 0 ? path : nil
    }

    private static let directory: String = {
        for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
            return bundle.bundleURL.deletingLastPathComponent().path
        }
        #if canImport(Glibc)
            let own = URL(fileURLWithPath: "/proc/self/exe")
        #else
            let own = URL(fileURLWithPath: CommandLine.arguments[0])
        #endif
        return own.resolvingSymlinksInPath().deletingLastPathComponent().path
    }()
}
