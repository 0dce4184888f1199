"""A server with listeners of every kind, users and rights."""
import uuid

from confluent_kafka import admin as kafka_admin
from conftest import Server
from support.certificates import Authority

PASSWORD = "pass,wörd=1"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class Secured:
    """A server with a listener of each kind; users alice, bob and admin with all mechanisms."""

    def __init__(self, folder):
        self.authority, self.strangers = Authority(folder), Authority(folder, "strangers")
        self.server, self.clients = Server(folder / "data"), []
        self.server.properties = {
            "listeners": "PLAINTEXT://127.0.0.1:0,SSL://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0,SASL_SSL://127.0.0.1:0",
            "ssl.keystore.location": self.authority.issue("localhost"),
            "ssl.truststore.location": self.authority.file,
            "ssl.client.auth": "requested",
            "ssl.principal.mapping.rules": "RULE:^CN=([a-z]*),.*$/$1/,DEFAULT",
            "sasl.enabled.mechanisms": ",".join(MECHANISMS),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS;User:admin",
        }
        self.start()
        self.allow("User:*", kafka_admin.AclOperation.READ, kafka_admin.ResourceType.GROUP, "g-",
                   kafka_admin.ResourcePatternType.PREFIXED)
        self.set_passwords(("alice", "bob", "admin"))

    def start(self):
        self.server.start()
        resource = kafka_admin.ConfigResource(kafka_admin.ConfigResource.Type.BROKER, "1")
        client = kafka_admin.AdminClient({"bootstrap.servers": self.server.kafka})
        listeners = client.describe_configs([resource])[resource].result(30)["listeners"].value
        self.at = dict(listener.split("://") for listener in listeners.split(","))

    def settings(self, protocol, user=None, mechanism="SCRAM-SHA-256", password=PASSWORD, **more):
        settings = {"bootstrap.servers": self.at[protocol], "security.protocol": protocol, "socket.timeout.ms": 20000}
        if "SSL" in protocol.replace("SASL", ""):
            settings["ssl.ca.location"] = str(self.authority.file)
        if user:
            settings |= {"sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": password}
        return settings | more

    def admin(self, protocol, user=None, **more):
        client = kafka_admin.AdminClient(self.settings(protocol, user, **more))
        self.clients.append(client)  # a client that is let go of takes its answers with it
        return client

    def allow(self, principal, operation, resource, name, pattern=kafka_admin.ResourcePatternType.LITERAL,
              permission=kafka_admin.AclPermissionType.ALLOW):
        binding = kafka_admin.AclBinding(resource, name, pattern, principal, "*", operation, permission)
        for done in self.admin("PLAINTEXT").create_acls([binding]).values():
            done.result(30)
        return binding

    def set_passwords(self, users):
        changes = [kafka_admin.UserScramCredentialUpsertion(
            user, kafka_admin.ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
            for user in users
            for mechanism in (kafka_admin.ScramMechanism.SCRAM_SHA_256, kafka_admin.ScramMechanism.SCRAM_SHA_512)]
        for done in self.admin("PLAINTEXT").alter_user_scram_credentials(changes).values():
            done.result(30)

    def topic(self):
        name = f"t-{uuid.uuid4().hex[:12]}"
        self.admin("PLAINTEXT").create_topics([kafka_admin.NewTopic(name, 1)])[name].result(30)
        return name
