import ArgumentParser
import CairnKV
import CairnServer
import CairnStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the command's exit code says; documented in Docs/CommandLine.md.
enum ExitStatus: Int32 {
    /// Damage was found, to data that has no other source.
    case damage = 1
    /// The store is open elsewhere: close it and try again.
    case locked = 2
    /// There is no store, or not one this version reads.
    case unusable = 3
    /// The disk refused.
    case inputOutput = 4
    /// Damage was found to nothing but what the log can make anew.
    case derivedDamage = 5
    /// A key, value, option or configuration was refused.
    case refused = 65

    static let summary = """
        Exit codes: 0 done; 1 damage found; 2 the store is open elsewhere; 3 there is no store, or \
        not one that this version reads; 4 the disk refused; 5 only derived data is damaged; 64 the \
        command line is wrong; 65 a key, value or configuration was refused.
        """

    init(_ error: StoreError) {
        switch error.kind {
        case .corrupt, .foreign: self = .damage
        case .locked: self = .locked
        case .missing, .notADirectory, .unsupportedVersion: self = .unusable
        default: self = .inputOutput
        }
    }

    /// Runs `body`; a refusal goes to standard error and decides the exit code.
    static func reporting(_ body: () throws(StoreError) -> Void) throws {
        do throws(StoreError) { try body() } catch { throw report(error, ExitStatus(error)) }
    }

    /// The same for commands that wait.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as StoreError {
            throw report(error, ExitStatus(error))
        } catch let error as KVError {
            throw report(error, .refused)
        } catch let error as ConfigurationError {
            throw report(error, .refused)
        }
    }

    private static func report(_ error: any Error, _ status: ExitStatus) -> ExitCode {
        Terminal.complain("cairn: \(error)")
        return ExitCode(status.rawValue)
    }
}
