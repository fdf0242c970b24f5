import Foundation
import MailGenerator
import Synchronization

/// What Scripts/campaign and Benchmarks/injection.py build and run.
@main
struct Campaign {
    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        switch words.first {
        case "check":
            let numbers = words.dropFirst().compactMap { UInt64($0) }
            guard numbers.count == 3, numbers[2] > 0 else { usage() }
            exit(await check(seed: numbers[0], count: numbers[1], every: numbers[2]) ? 0 : 1)
        case "show":
            guard let seed = words.dropFirst().first.flatMap({ UInt64($0) }) else { usage() }
            FileHandle.standardOutput.write(Data(MailCheck(seed: seed).original))
        case "speed":
            print(try Speed.measure())
        default:
            usage()
        }
    }

    private static func usage() -> Never {
        FileHandle.standardError.write(Data("usage: campaign check SEED COUNT EVERY | show SEED | speed\n".utf8))
        exit(64)
    }

    /// Checks the mails of so many seeds on all cores. Every so many touched ones are written to standard output, as they
    /// were and as they are, for somebody else's parser.
    private static func check(seed: UInt64, count: UInt64, every: UInt64) async -> Bool {
        let board = Board()
        let cores = UInt64(ProcessInfo.processInfo.activeProcessorCount)
        await withTaskGroup(of: Void.self) { group in
            for core in 0..<cores {
                group.addTask {
                    for number in stride(from: seed &+ core, to: seed &+ count, by: Int(cores)) {
                        run(number, every, board)
                    }
                }
            }
        }
        let result = board.tally.withLock { $0 }
        FileHandle.standardError.write(Data(result.text.utf8))
        return result.problems == 0
    }

    private static func run(_ seed: UInt64, _ every: UInt64, _ board: Board) {
        let check = MailCheck(seed: seed)
        do throws(MailCheck.Problem) {
            switch try check.run(seed: seed) {
            case .untouched(let reason): board.tally.withLock { $0.untouched[reason.rawValue, default: 0] += 1 }
            case .touched(let result, let isPlain):
                let isSample = board.tally.withLock { tally in
                    tally.touched += 1
                    tally.plain += isPlain ? 1 : 0
                    return isPlain && tally.plain % Int(every) == 0
                }
                if isSample { write(check.original, result, board) }
            }
        } catch {
            board.tally.withLock { $0.problems += 1 }
            FileHandle.standardError.write(Data("  seed \(seed): \(error)\n".utf8))
        }
    }

    private static func write(_ original: [UInt8], _ result: [UInt8], _ board: Board) {
        let record = Data("\(original.count) \(result.count)\n".utf8) + Data(original) + Data(result)
        board.tally.withLock { _ in FileHandle.standardOutput.write(record) }
    }
}

/// What all cores write on, one at a time.
private final class Board: Sendable {
    let tally = Mutex(Tally())
}

private struct Tally: Sendable {
    var touched = 0
    var plain = 0
    var problems = 0
    var untouched: [String: Int] = [:]

    var text: String {
        let reasons = untouched.sorted { $0.value > $1.value }.map { "    \($0.key) \($0.value)\n" }.joined()
        return "  touched \(touched), left alone \(untouched.values.reduce(0, +)):\n\(reasons)  wrong \(problems)\n"
    }
}
