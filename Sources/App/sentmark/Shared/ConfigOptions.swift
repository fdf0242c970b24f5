import ArgumentParser
import Foundation
import Settings

/// `--config FILE`, on every command that reads the configuration.
struct ConfigOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The configuration. Default: $SENTMARK_CONFIG, or sentmark/config.toml in $XDG_CONFIG_HOME or ~/.config.",
            valueName: "file"),
        completion: .file(extensions: ["toml"]))
    var file: String?

    var path: String { file ?? Settings.defaultPath() }

    /// `filesMustExist` is false for commands that make one of the files that the configuration names.
    func load(filesMustExist: Bool = true) throws(SettingsProblems) -> Settings {
        try Settings.load(path, filesMustExist: filesMustExist)
    }

    /// `nil` where nobody has named a configuration and there is none in the usual place.
    func loadIfPresent() throws(SettingsProblems) -> Settings? {
        let isNamed = file != nil || !(ProcessInfo.processInfo.environment["SENTMARK_CONFIG"] ?? "").isEmpty
        guard isNamed || FileManager.default.fileExists(atPath: path) else { return nil }
        return try load(filesMustExist: false)
    }
}
