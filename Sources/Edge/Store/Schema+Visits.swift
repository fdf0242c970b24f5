/// Archives whose first visit broke off, in databases of versions that took them for watched from then on: the migration
/// that heals them.
extension Schema {
    /// Nothing is known in it, and it is none of the folders that the account's sent mail was found in, of which there is one.
    private static let isBroken = """
        folder.visited = 0 AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.folder_id = folder.id)
            AND EXISTS (SELECT 1 FROM sent_folder WHERE sent_folder.account_id = folder.account_id)
            AND NOT EXISTS (SELECT 1 FROM sent_folder
                WHERE sent_folder.account_id = folder.account_id AND sent_folder.name = folder.name)
        """

    static let brokenVisits = [
        // What was not found while the archive was left out is looked for once more.
        """
        UPDATE message SET hunt_at = 0 WHERE tracked = 1 AND message_id IS NOT NULL AND hunt_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM copy WHERE copy.message_id = message.id)
            AND account_id IN (SELECT account_id FROM folder WHERE \(isBroken))
        """,
        "UPDATE folder SET visited = 1 WHERE \(isBroken)",
    ]
}
