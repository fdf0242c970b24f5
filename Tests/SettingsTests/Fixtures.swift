import Foundation

/// The names, without their extension, of a folder's fixtures.
func fixtures(_ folder: String, _ type: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: place("Fixtures/\(folder)").path)
    return (names ?? []).filter { $0.hasSuffix(".\(type)") }.map { String($0.dropLast(type.count + 1)) }.sorted()
}

func fixture(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: place("Fixtures/\(path)")))
}

private func place(_ path: String) -> URL { Bundle.module.bundleURL.appending(path: path) }
