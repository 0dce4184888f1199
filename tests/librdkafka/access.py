"""How the suite reaches the broker: without security, or as those of its tests need it that are about security."""
import pathlib

from confluent_kafka import admin
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from support.certificates import Authority

PASSWORD = "secret"


class Plain:
    properties, environment = {}, {}  # the broker's, the suite's

    def __init__(self, folder):
        self.folder = folder

    def client(self, server):
        """The suite's settings of a client."""
        return {"bootstrap.servers": server.kafka}


class Secured(Plain):
    PROTOCOL = ""

    def __init__(self, folder):
        super().__init__(folder)
        self.properties = {"listeners": f"PLAINTEXT://127.0.0.1:0,{self.PROTOCOL}://127.0.0.1:0"}

    def client(self, server):
        resource = admin.ConfigResource(admin.ConfigResource.Type.BROKER, "1")
        client = admin.AdminClient({"bootstrap.servers": server.kafka})
        listeners = client.describe_configs([resource])[resource].result(30)["listeners"].value
        at = dict(listener.split("://") for listener in listeners.split(","))
        return {"bootstrap.servers": at[self.PROTOCOL], "security.protocol": self.PROTOCOL.lower()}


class Sasl(Secured):
    """0142 waits for as long as a session lasts."""
    PROTOCOL = "SASL_PLAINTEXT"

    def __init__(self, folder):
        super().__init__(folder)
        self.properties |= {"connections.max.reauth.ms": "10000"}

    def client(self, server):
        change = admin.UserScramCredentialUpsertion(
            "suite", admin.ScramCredentialInfo(admin.ScramMechanism.SCRAM_SHA_256, 4096), PASSWORD.encode())
        client = admin.AdminClient({"bootstrap.servers": server.kafka})
        for done in client.alter_user_scram_credentials([change]).values():
            done.result(30)
        return super().client(server) | {"sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "suite", "sasl.password": PASSWORD}


class Tls(Secured):
    """0097 tries the client's certificate and key in every form, and the suite's own of an authority that nobody knows: it
    wants these refused within the handshake, as TLS 1.2 has it; a client of TLS 1.3 is through with it by then."""
    PROTOCOL = "SSL"

    def __init__(self, folder):
        super().__init__(folder)
        authority, other = Authority(folder), Authority(folder, "other")
        certificate, key = authority.sign("suite")
        self.properties |= {"ssl.keystore.location": authority.issue("localhost"),
                            "ssl.truststore.location": authority.file, "ssl.client.auth": "required",
                            "ssl.enabled.protocols": "TLSv1.2"}
        encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
        pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
        forms = {
            "ca_pem": authority.certificate.public_bytes(pem),
            "ca_der": authority.certificate.public_bytes(der),
            "all_cas_pem": other.certificate.public_bytes(pem) + authority.certificate.public_bytes(pem),
            "pub_pem": certificate.public_bytes(pem),
            "pub_der": certificate.public_bytes(der),
            "priv_pem": key.private_bytes(pem, serialization.PrivateFormat.PKCS8, encryption),
            "priv_der": key.private_bytes(der, serialization.PrivateFormat.PKCS8, encryption),
            "pkcs": pkcs12.serialize_key_and_certificates(b"suite", key, certificate, [authority.certificate], encryption),
        }
        self.environment = {"SSL_password": PASSWORD, "SSL_client_auth": "required"}
        for name, content in forms.items():
            path = pathlib.Path(folder) / name
            path.write_bytes(content)
            self.environment[f"SSL_{name}"] = str(path)

    def client(self, server):
        return super().client(server) | {"ssl.ca.location": self.environment["SSL_ca_pem"],
                                         "ssl.certificate.location": self.environment["SSL_pub_pem"],
                                         "ssl.key.location": self.environment["SSL_priv_pem"], "ssl.key.password": PASSWORD}
