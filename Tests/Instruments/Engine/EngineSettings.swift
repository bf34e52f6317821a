import CairnSimulation
import CairnStore

/// The settings that a seed chooses: others at every open.
enum EngineSettings {
    static func roll(_ seed: UInt64) -> StoreSettings {
        var random = SeededRandom(seed: seed)
        var settings = StoreSettings()
        let sizes = [8 << 10, 8 << 10, 12 << 10, 16 << 10, 32 << 10, 64 << 10]
        settings.segmentByteCount = sizes[random.below(sizes.count)]
        let compressions: [StoreSettings.Compression] = [.always, .never, .whenBusy]
        settings.compression = compressions[random.below(compressions.count)]
        settings.pendingByteCountMax = [600, 4096, 32 << 20][random.below(3)]
        settings.idlePromiseDelay = .milliseconds([1, 20, 1000][random.below(3)])
        settings.checkpointByteCount = [4 << 10, 4 << 10, 16 << 10, 64 << 20][random.below(4)]
        settings.cacheByteCount = [0, 8 << 10, 64 << 20][random.below(3)]
        return settings
    }

    /// The smallest segments, so that everything happens at once; always the same.
    static var smallest: StoreSettings {
        var settings = StoreSettings()
        settings.segmentByteCount = 8 << 10
        settings.compression = .always
        settings.idlePromiseDelay = .milliseconds(5)
        settings.checkpointByteCount = 4 << 10
        settings.cacheByteCount = 16 << 10
        return settings
    }
}
