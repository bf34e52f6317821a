extension StoreError {
    /// The store takes no more writes because of `cause`.
    static func poisoned(by cause: StoreError) -> StoreError {
        StoreError(
            .poisoned,
            "the store is poisoned (\(cause.message)): commits that were not yet durable have an "
                + "unknown outcome; close the store and open it again to find out",
            cause: cause.cause)
    }
}
