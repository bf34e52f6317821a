import CairnPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the campaign's executable does when it is started as a child: `crash-campaign child NAME …`.
package enum ChildBody {
    /// The variable by which a child learns of the bug that is planted in its parent.
    private static let plantedBugVariable = "CAIRN_PLANTED_BUG"

    /// Starts a child of this package's own.
    static func start(_ name: String, _ arguments: [String]) throws -> Child {
        if let bug = PlantedBug.allCases.first(where: \.isPlanted) {
            unsafe setenv(plantedBugVariable, bug.rawValue, 1)
        }
        return try Child(ChildProgram.campaign, ["child", name] + arguments)
    }

    /// Is a child.
    /// - Returns: the exit code.
    package static func run(_ arguments: [String]) -> Int32 {
        ParentWatch.begin()
        plantBug()
        switch arguments.first {
        case "writer": return KillsWriter.run(Array(arguments.dropFirst()))
        case "probe": return KernelProbe.run(Array(arguments.dropFirst()))
        default: return 64
        }
    }

    private static func plantBug() {
        #if PlantedBugs
            guard let name = unsafe getenv(plantedBugVariable) else { return }
            PlantedBug.plant(unsafe PlantedBug(rawValue: String(cString: name)))
        #endif
    }
}
