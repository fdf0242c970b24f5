"""Exim 4.96 from Debian's package exim4-daemon-light, nothing of which is installed."""

from upstreamserver import UnpackedServer


class Exim(UnpackedServer):
    name = "exim"

    def _configure(self):
        d = self.directory
        for below in ("spool", "logs"):
            (d / below).mkdir(exist_ok=True)
        (d / "exim.conf").write_text(f"""\
exim_path = {self.program}/bin/exim4
keep_environment = LD_PRELOAD : LD_LIBRARY_PATH
primary_hostname = localhost
spool_directory = {d}/spool
log_file_path = {d}/logs/%slog
pid_file_path = {d}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {self.port} : {self.tls_port}
tls_on_connect_ports = {self.tls_port}
tls_advertise_hosts = *
tls_certificate = {d}/certs/server.pem
tls_privatekey = {d}/certs/server.key
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = submission
acl_smtp_data = accepted
message_size_limit = 100M
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
qualify_domain = localhost
trusted_users = root
queue_run_max = 5
remote_max_parallel = 4
smtp_accept_max = 100
smtp_accept_max_per_host = 100
rfc1413_query_timeout = 0s
host_lookup =
timezone = UTC

begin acl
submission:
  accept authenticated = *
  deny message = authentication required
accepted:
  accept

begin routers
all:
  driver = manualroute
  transport = keep
  route_list = * 127.0.0.1
  self = send

begin transports
keep:
  driver = smtp
  port = {self.store.port}
  hosts_avoid_tls = *
  allow_localhost
  message_linelength_limit = 1000000

begin retry
* * F,2h,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{self.user}}}}}{{eq{{$auth3}}{{{self.password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{self.user}}}}}{{eq{{$auth2}}{{{self.password}}}}}}}}}
  server_set_id = $auth1
""")

    def _command(self):
        return [self.program / "bin" / "exim4", "-C", self.directory / "exim.conf", "-bdf", "-q1m"]

    def _queue(self):
        return self.directory / "spool" / "input"

    def _tail(self):
        logs = [path.read_text(errors="replace") for path in sorted((self.directory / "logs").glob("*log"))]
        return super()._tail() + "\n" + "\n".join("".join(logs).splitlines()[-15:])
