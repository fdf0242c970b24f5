/* A libfam.so.0 for Courier that never has news. Debian's (gamin) starts a daemon for each user, or makes each login wait
   a second for one. Without it Courier looks for itself, which is what IMAP_ENHANCEDIDLE=0 comes to. */

int FAMOpen(void *connection) { (void)connection; return -1; }
int FAMClose(void *connection) { (void)connection; return -1; }
int FAMPending(void *connection) { (void)connection; return -1; }
int FAMNextEvent(void *connection, void *event) { (void)connection; (void)event; return -1; }
int FAMCancelMonitor(void *connection, const void *request) { (void)connection; (void)request; return -1; }

int FAMMonitorFile(void *connection, const char *path, void *request, void *user)
{
    (void)connection; (void)path; (void)request; (void)user;
    return -1;
}

int FAMMonitorDirectory(void *connection, const char *path, void *request, void *user)
{
    return FAMMonitorFile(connection, path, request, user);
}
