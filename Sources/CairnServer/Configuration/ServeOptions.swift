package import ArgumentParser

/// What a worker takes on its command line: the options of `wrangler dev`.
package struct ServeOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "The worker's configuration.")
    package var config = "wrangler.toml"

    @Option(help: "The address to listen on. (default: dev.ip of the configuration, or 127.0.0.1)")
    package var ip: String?

    @Option(help: "The port; 0 picks a free one. (default: dev.port, or 8787)")
    package var port: Int?

    @Option(name: .customLong("persist-to"), help: "The directory that holds the data.")
    package var persistTo = ".cairn"

    package init() {}

    package func validate() throws {
        guard (0...65535).contains(port ?? 0) else {
            throw ValidationError("--port must be a number from 0 to 65535")
        }
    }
}
