import CairnStore

/// The objects of one class: makes ids, and stubs to call objects through.
///
/// Having a stub creates nothing: an object comes to life with its first event, and exists on disk
/// once it has stored something.
public struct DurableObjectNamespace<Object: DurableObject>: Sendable {
    let runtime: ObjectRuntime
    /// What the ids are made from.
    public let uniqueKey: String
    let ids: IDFactory
    let directory: ObjectDirectory
    let makeEnv: @Sendable (OutboundGate) throws -> Object.Env

    /// The id of a name: the same for the same name, here and at Cloudflare's workerd.
    public func idFromName(_ name: String) -> DurableObjectID { ids.id(name: name) }

    /// The id that 64 hexadecimal digits stand for.
    /// - Throws: `DurableObjectError.invalidID` when they do not, or for another class's id.
    public func idFromString(_ text: String) throws(DurableObjectError) -> DurableObjectID {
        try ids.id(text: text)
    }

    /// An id that nobody has had before.
    public func newUniqueId() -> DurableObjectID { ids.uniqueID(runtime.components.random) }

    /// A stub of the object with `id`.
    public func get(_ id: DurableObjectID) -> DurableObjectStub<Object> {
        DurableObjectStub(namespace: self, id: id)
    }

    /// A stub of the object called `name`.
    public func getByName(_ name: String) -> DurableObjectStub<Object> { get(idFromName(name)) }

    /// The objects that have stored something, in the order of their ids.
    /// - Throws: `StoreError` when the store cannot be read.
    public func storedObjects() throws -> [DurableObjectID] { try directory.list() }
}
