// Rooms that share one KV namespace: each room is a Durable Object, which serialises the writes to
// its values and broadcasts one read to everybody who is connected.
import Cairn

struct Env: WorkerEnvironment {
    let settings: KVNamespace
    let rooms: DurableObjectNamespace<Room>

    init(bindings: Bindings) throws {
        settings = try bindings.kvNamespace("YOUR_KV_NAMESPACE")
        rooms = try bindings.durableObjects("YOUR_DO_CLASS", Room.self)
    }
}

actor Room: DurableObject {
    let state: DurableObjectState
    let env: Env

    init(state: DurableObjectState, env: Env) {
        self.state = state
        self.env = env
    }

    private var counterKey: String { "\(state.id.name ?? "\(state.id)")/counter" }

    func fetch(_ request: Request) async throws -> Response {
        switch (request.method, request.path) {
        case (.get, "/room"):
            try await env.settings.put("some-key", "written inside the object")
            let value = try await env.settings.get("some-key")
            return try .json(value)
        case (.post, "/room/increment"):
            return try .json(try await increment())
        case (.get, "/room/socket") where request.isWebSocketUpgrade:
            let pair = WebSocketPair()
            state.acceptWebSocket(pair.server)
            pair.server.send("\(try await count())")
            return Response(webSocket: pair.client)
        default:
            return .text("There is nothing here.\n", status: .notFound)
        }
    }

    // Whatever somebody says in the room adds one.
    func webSocketMessage(_ socket: WebSocket, _ message: WebSocketMessage) async throws {
        _ = try await increment()
    }

    private func count() async throws -> Int {
        Int(try await env.settings.get(counterKey) ?? "") ?? 0
    }

    // Reading and writing KV lets other events in between, and one of two increments would be lost.
    private func increment() async throws -> Int {
        try await state.blockConcurrencyWhile {
            try await env.settings.put(counterKey, "\(try await count() + 1)")
            // Read once, told to everybody.
            let now = try await count()
            state.broadcast("\(now)")
            return now
        }
    }
}

@main struct RoomBroadcast: Worker {
    func fetch(
        _ request: Request, env: Env, context: ExecutionContext
    ) async throws -> Response {
        if request.path == "/" { return .html(page) }
        guard let room = request.query["roomId"], !room.isEmpty else {
            return .text("Name a room, as in /room?roomId=lobby\n", status: .badRequest)
        }
        return try await env.rooms.getByName(room).fetch(request)
    }
}

let page = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Cairn rooms</title>
    <style>
      body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; }
      output { display: block; font-size: 5rem; font-variant-numeric: tabular-nums; }
      input, button { font: inherit; padding: .3rem .7rem; }
      small { color: #667; }
    </style>
    <h1>Rooms</h1>
    <form><input name="room" value="lobby" aria-label="Room" required> <button>Join</button></form>
    <output aria-live="polite">–</output>
    <p><button id="add" disabled>Add one</button> <small id="state">not in a room</small></p>
    <script>
      const [form, out] = [document.querySelector("form"), document.querySelector("output")];
      const [add, state] = [document.querySelector("#add"), document.querySelector("#state")];
      let socket;
      form.onsubmit = event => {
        event.preventDefault();
        socket?.close();
        const room = form.room.value, url = new URL("/room/socket", location.href);
        url.protocol = location.protocol.replace("http", "ws");
        url.searchParams.set("roomId", room);
        const mine = socket = new WebSocket(url);
        mine.onopen = () => { add.disabled = false; state.textContent = "in " + room; };
        mine.onmessage = message => { if (mine === socket) out.textContent = message.data; };
        mine.onclose = () => {
          if (mine !== socket) return;
          add.disabled = true;
          out.textContent = "–";
          state.textContent = "connection closed; join again";
        };
      };
      add.onclick = () => socket.send("+1");
      form.requestSubmit();
    </script>
    """
