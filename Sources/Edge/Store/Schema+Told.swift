/// Mail that providers tell of by its Message-ID: the migration for it.
extension Schema {
    static let messagesToldOf = [
        // The last hit (its id) for whose message this folder has been searched.
        "ALTER TABLE folder ADD COLUMN sought_up_to INTEGER NOT NULL DEFAULT 0",
        // Hits name messages in lower case.
        "CREATE INDEX message_by_name ON message(LOWER(message_id)) WHERE message_id IS NOT NULL",
        "CREATE INDEX copy_by_name ON copy(LOWER(name)) WHERE name IS NOT NULL",
        "CREATE INDEX outgoing_by_provider ON outgoing(LOWER(provider_id)) WHERE provider_id IS NOT NULL",
    ]
}
