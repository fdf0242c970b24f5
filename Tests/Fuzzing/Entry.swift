import CWork
import Glibc

/// What libFuzzer calls for each input. The target is named by `--target=NAME`; libFuzzer itself ignores such options.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let before = fuzz_work()
    do {
        try target.check(bytes)
    } catch {
        fatalError("\(target.name): \(error)")
    }
    let work = Int(fuzz_work() - before)
    if work > target.allowance(for: count) {
        fatalError(
            "\(target.name): \(work) comparisons for \(count) bytes, where \(target.allowance(for: count)) are allowed")
    }
    mostWork = max(mostWork, work / (count + 64))
    return 0
}

/// Told at the end, so that `FuzzTarget.workPerByte` can be seen to be far above and not out of sight.
nonisolated(unsafe) private var mostWork = 0

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?) -> CInt {
    atexit { print("work: \(mostWork) comparisons a byte of \(target.workPerByte)") }
    return 0
}

private let target: FuzzTarget = {
    let option = "--target="
    let name = CommandLine.arguments.last { $0.hasPrefix(option) }?.dropFirst(option.count) ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        fatalError("\(option)\(name): there are \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
    }
    return target
}()
