/// One way in which the kernel refuses something, and what the store must do then.
struct KernelScenario: Sendable {
    /// Thrown where the machine does not allow the scenario.
    struct NotHere: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The row of the failure model, and what happens: `FM10 …`.
    let name: String
    /// Tries it.
    /// - Returns: how many cases were checked.
    let body: @Sendable () throws -> Int

    init(_ name: String, _ body: @escaping @Sendable () throws -> Int) {
        self.name = name
        self.body = body
    }
}
