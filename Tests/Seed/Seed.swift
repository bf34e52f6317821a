import Cairn

struct Env: WorkerEnvironment {
    let settings: KVNamespace
    let rooms: DurableObjectNamespace<Room>
    init(bindings: Bindings) throws {
        settings = try bindings.kvNamespace("YOUR_KV_NAMESPACE")
        rooms = try bindings.durableObjects("YOUR_DO_CLASS", Room.self)
    }
}

actor Room: DurableObject {  // class_name = "Room"
    let state: DurableObjectState
    let env: Env
    init(state: DurableObjectState, env: Env) { self.state = state; self.env = env }

    func fetch(_ request: Request) async throws -> Response {
        try await env.settings.put("some-key", "written inside the object")
        let value = try await env.settings.get("some-other-key")
        return try .json(value)
    }
}

@main struct RoomWorker: Worker {
    func fetch(_ request: Request, env: Env, context: ExecutionContext) async throws -> Response {
        guard let room = request.query["roomId"] else { return Response(status: .badRequest) }
        return try await env.rooms.getByName(room).fetch(request)
    }
}
