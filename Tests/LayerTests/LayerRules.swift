/// The folder is the layer, from the inside out.
enum Layer: String, CaseIterable {
    case c = "C"
    case wire = "Wire"
    case domain = "Domain"
    case edge = "Edge"
    case app = "App"
}

/// Who may import what. The arrows are Wire ← Domain ← Edge ← App, and sideways only what stands here.
struct LayerRules {
    /// Every C library, and the one module that imports it; of the kernel's epoll the two that have a loop.
    let owners: [String: Set<String>] = [
        "CCurl": ["Transport"], "CLinux": ["Transport", "PixelServer"], "CTOML": ["Settings"], "CXML2": ["Beacon"],
        "CCrypto": ["Tokens"], "CHost": ["Host"], "CZlib": ["Mailbox"], "CGzip": ["PixelServer"],
        "CPQ": ["PixelServer"],
        "CMaxMindDB": ["Networks"],
    ]
    /// Every module of Wire and Domain, and its siblings within the layer.
    let siblings: [String: Set<String>] = [
        "Secrets": [], "MIME": [], "IMAP": [], "SMTP": ["MIME", "Secrets"],
        "Tokens": [], "Beacon": ["Tokens", "MIME"], "Opens": ["Tokens"],
        "Outgoing": ["MIME", "Beacon", "Tokens"],
        "Servers": [],
        "SentSync": ["IMAP", "MIME", "Beacon", "Tokens", "Opens", "Servers"],
    ]
    /// All that Wire and Domain get from outside.
    let outside: Set<String> = ["FoundationEssentials"]
    /// What the modules of Edge may import of their own layer.
    let sideways: Set<String> = ["Transport", "Mailbox"]
    /// What the server that faces the internet must not even contain.
    let keptFromPixelServer: Set<String> = ["Store", "Mailbox", "Transport", "Submission", "HitSources"]

    func allows(_ module: SourceModule, toImport imported: String, in tree: SourceTree) -> Bool {
        let target = tree.layer(of: imported)
        if target == .c { return owners[imported]?.contains(module.name) == true }
        let isSibling = siblings[module.name]?.contains(imported) == true
        switch module.layer {
        case .c: return false
        case .wire: return outside.contains(imported) || isSibling && target == .wire
        case .domain: return outside.contains(imported) || target == .wire || isSibling
        case .edge:
            return switch target {
            case nil, .c, .wire, .domain: true
            case .edge: sideways.contains(imported)
            case .app: false
            }
        case .app: return true
        }
    }

    /// `Module imports Other`, for each import that is not allowed.
    func violations(in tree: SourceTree) -> [String] {
        tree.modules.flatMap { module in
            module.imports.sorted().filter { !allows(module, toImport: $0, in: tree) }
                .map { "\(module.name) imports \($0)" }
        }
    }
}
