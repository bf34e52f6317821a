import CairnPlatform
import CairnStore

/// What leaves the object takes the newest ticket first.
extension TurnExecutor {
    /// The gate of the object, for layers that know tickets only.
    var gate: OutboundGate {
        OutboundGate(
            newest: { () async throws in try await self.sealed() },
            whileLive: { [core] commit in try core.whileLive(commit) })
    }

    /// Seals the open turn and returns the newest ticket, from wherever it is called: in a turn of
    /// the object at once, elsewhere by a turn of its own.
    func sealed() async throws -> CommitTicket? {
        if core.isCurrent { return try core.seal() }
        return try await perform { [core] in Result { try core.seal() } }.get()
    }

    /// What a message that is being sent must wait for; `nil` when there is nothing.
    func holdForOutbound() throws -> (@Sendable () async throws -> Void)? {
        if PlantedBug.frameLeavesEarly.isPlanted { return nil }
        guard core.isCurrent else {
            // Sent from outside the object's turns: seal behind those that are queued already.
            return { [self] in try await core.settle(try await sealed()) }
        }
        guard let ticket = try core.seal(), !ticket.isDurable else { return nil }
        return { [core] in try await core.settle(ticket) }
    }
}
