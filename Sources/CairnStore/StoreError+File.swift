import CairnFiles

extension StoreError {
    /// Wraps the file system's refusal, keeping the kinds a caller can act on apart.
    init(_ cause: FileError, while doing: String) {
        if cause.isOutOfSpace {
            self.init(.noSpace, "\(doing): the disk is full; make room and try again", cause: cause)
        } else if cause.isPermission {
            self.init(
                .permission,
                "\(doing): not allowed; give this user read and write access to \(cause.path)",
                cause: cause)
        } else {
            self.init(.inputOutput, doing, cause: cause)
        }
    }
}

/// Runs `body` and names what was being done when the file system refuses.
func naming<Result: ~Copyable>(
    _ doing: @autoclosure () -> String, _ body: () throws(FileError) -> Result
) throws(StoreError) -> Result {
    do throws(FileError) { return try body() } catch {
        throw StoreError(error, while: doing())
    }
}
