/// From addresses to numbers by the longest prefix: a multibit trie, six bits a step, whose nodes hold neither empty
/// slots nor the same number twice in a row (Asai and Ohara, "Poptrie", SIGCOMM 2015). 24 bytes a node.
///
/// IPv4 and IPv6 have a root each, so that no IPv6 prefix ever holds an IPv4 address.
struct NetworkTrie: Sendable {
    /// A prefix and its number, from 1.
    struct Entry: Sendable {
        var prefix: IPPrefix
        var number: UInt16
    }

    private struct Node: Sendable {
        /// A bit for each slot that leads further.
        var children: UInt64 = 0
        /// A bit for each other slot whose number is not that of the one before it.
        var changes: UInt64 = 0
        var firstChild: UInt32 = 0
        var firstNumber: UInt32 = 0
    }

    private static let stride = 6
    private var nodes: [Node]
    private var numbers: [UInt16] = []

    /// What it takes in memory.
    var byteCount: Int { nodes.count * MemoryLayout<Node>.stride + numbers.count * MemoryLayout<UInt16>.stride }

    /// - Parameter entries: each prefix once, ascending as ``IPPrefix/precedes(_:)`` has it.
    init(_ entries: [Entry]) {
        nodes = [Node(), Node()]
        // Those of IPv4 are neighbours in this order, since all begin with ::ffff:0:0/96.
        let first = entries.firstIndex { $0.prefix.isIPv4 } ?? entries.endIndex
        let end = entries[first...].firstIndex { !$0.prefix.isIPv4 } ?? entries.endIndex
        fill(0, entries[first..<end].map(Step.init), offset: 0, inherited: 0)
        fill(1, (entries[..<first] + entries[end...]).map(Step.init), offset: 0, inherited: 0)
    }

    /// 0 if no prefix holds the address.
    func number(of address: IPAddress) -> UInt16 {
        var key = Key(address)
        var node = nodes[address.isIPv4 ? 0 : 1]
        while true {
            let slot = key.slot
            let bit: UInt64 = 1 << slot
            guard node.children & bit != 0 else {
                let upToSlot = node.changes & (bit | (bit - 1))
                return numbers[Int(node.firstNumber) + upToSlot.nonzeroBitCount - 1]
            }
            node = nodes[Int(node.firstChild) + (node.children & (bit - 1)).nonzeroBitCount]
            key.advance()
        }
    }
}

private extension NetworkTrie {
    /// The bits that are still to be looked at, from the left; zeros follow the last.
    struct Key {
        var high: UInt64
        var low: UInt64

        init(_ address: IPAddress) {
            high = address.isIPv4 ? address.low << 32 : address.high
            low = address.isIPv4 ? 0 : address.low
        }

        var slot: UInt64 { high >> UInt64(64 - NetworkTrie.stride) }

        mutating func advance() {
            high = high << UInt64(NetworkTrie.stride) | low >> UInt64(64 - NetworkTrie.stride)
            low <<= UInt64(NetworkTrie.stride)
        }
    }

    /// An entry on its way down.
    struct Step {
        var key: Key
        /// Counted from the root, 32 or 128 at most.
        var bits: Int
        var number: UInt16

        init(_ entry: Entry) {
            key = Key(entry.prefix.first)
            bits = entry.prefix.isIPv4 ? entry.prefix.bits - 96 : entry.prefix.bits
            number = entry.number
        }
    }

    /// Recursion ends after 22 levels: 128 bits.
    mutating func fill(_ index: Int, _ steps: [Step], offset: Int, inherited: UInt16) {
        var slots = [UInt16](repeating: inherited, count: 1 << Self.stride)
        var below: [(slot: Int, steps: [Step])] = []
        // What encloses comes first, so that the longer prefix is written over the shorter one.
        for step in steps {
            let slot = Int(step.key.slot)
            if step.bits <= offset + Self.stride {
                let count = 1 << (offset + Self.stride - step.bits)
                for covered in slot..<min(slot + count, slots.count) { slots[covered] = step.number }
            } else {
                var deeper = step
                deeper.key.advance()
                if below.last?.slot == slot {
                    below[below.count - 1].steps.append(deeper)
                } else {
                    below.append((slot, [deeper]))
                }
            }
        }
        var node = Node(firstChild: UInt32(nodes.count), firstNumber: UInt32(numbers.count))
        for child in below { node.children |= 1 << UInt64(child.slot) }
        var last: UInt16?
        for slot in slots.indices where node.children & (1 << UInt64(slot)) == 0 && slots[slot] != last {
            node.changes |= 1 << UInt64(slot)
            numbers.append(slots[slot])
            last = slots[slot]
        }
        nodes[index] = node
        let first = nodes.count
        nodes += [Node](repeating: Node(), count: below.count)
        for (place, child) in below.enumerated() {
            fill(first + place, child.steps, offset: offset + Self.stride, inherited: slots[child.slot])
        }
    }
}
