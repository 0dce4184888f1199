import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Writes golden_messages_java.txt: bodies of the messages that kafka-python does not have, encoded from the schemas in
 * Apache Kafka's own classes, and checked by decoding and encoding them again with these.
 *
 * A line: message, version, body in hexadecimal. Each version twice: every field filled, and every nullable field null.
 * Run: java -cp 'kafka-clients.jar:slf4j-api.jar' MakeGolden.java > golden_messages_java.txt
 */
class MakeGolden {
  private static final Set<String> APIS = Set.of("CONSUMER_GROUP_HEARTBEAT", "CONSUMER_GROUP_DESCRIBE",
      "SHARE_GROUP_HEARTBEAT", "SHARE_GROUP_DESCRIBE", "SHARE_FETCH", "SHARE_ACKNOWLEDGE",
      "DESCRIBE_SHARE_GROUP_OFFSETS", "ALTER_SHARE_GROUP_OFFSETS", "DELETE_SHARE_GROUP_OFFSETS");

  private final boolean nulls;
  private int count = 0;

  MakeGolden(boolean nulls) {
    this.nulls = nulls;
  }

  Object value(Type type) {
    ++count;
    if (nulls && type.isNullable()) return null;
    if (type instanceof Schema schema) return struct(schema);
    if (type instanceof TaggedFields tagged) {
      TreeMap<Integer, Object> values = new TreeMap<>();
      tagged.fields().forEach((tag, field) -> {
        Object value = value(field.type);
        if (value != null) values.put(tag, value);
      });
      return values;
    }
    if (type.isArray()) {
      Type of = type.arrayElementType().get();
      return new Object[] {value(of), value(of)};
    }
    String name = type.toString();
    return switch (name) {
      case "BOOLEAN" -> true;
      case "INT8" -> (byte) (count % 100 + 1);
      case "INT16" -> (short) (count % 100 + 1);
      case "INT32" -> count % 100 + 1;
      case "INT64" -> (long) (count % 100 + 1);
      case "UUID" -> new Uuid(count, count + 1);
      default -> {
        if (name.contains("STRING")) yield "v" + count;
        if (name.contains("BYTES")) yield ByteBuffer.wrap(("v" + count).getBytes());
        if (name.contains("RECORDS")) yield MemoryRecords.readableRecords(ByteBuffer.wrap(("v" + count).getBytes()));
        throw new IllegalStateException(name);
      }
    };
  }

  Struct struct(Schema schema) {
    Struct struct = new Struct(schema);
    for (BoundField field : schema.fields()) struct.set(field, value(field.def.type));
    return struct;
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] all = new byte[buffer.flip().remaining()];
    buffer.get(all);
    return all;
  }

  static String body(Schema schema, ApiMessage message, short version, boolean nulls) {
    ByteBuffer written = ByteBuffer.allocate(100_000);
    schema.write(written, new MakeGolden(nulls).struct(schema));
    byte[] body = bytes(written);
    message.read(new ByteBufferAccessor(ByteBuffer.wrap(body)), version);
    ObjectSerializationCache cache = new ObjectSerializationCache();
    message.size(cache, version);
    ByteBuffer again = ByteBuffer.allocate(100_000);
    message.write(new ByteBufferAccessor(again), cache, version);
    String hex = HexFormat.of().formatHex(body);
    if (!HexFormat.of().formatHex(bytes(again)).equals(hex)) throw new AssertionError(message + " " + version + " " + hex);
    return hex;
  }

  public static void main(String[] arguments) {
    List<ApiMessageType> types = new ArrayList<>();
    for (ApiMessageType type : ApiMessageType.values()) if (APIS.contains(type.name())) types.add(type);
    for (ApiMessageType type : types) {
      for (short version = type.lowestSupportedVersion(); version <= type.highestSupportedVersion(true); ++version) {
        Set<String> requests = new LinkedHashSet<>(), responses = new LinkedHashSet<>();
        for (boolean nulls : new boolean[] {false, true}) {
          requests.add(body(type.requestSchemas()[version], type.newRequest(), version, nulls));
          responses.add(body(type.responseSchemas()[version], type.newResponse(), version, nulls));
        }
        for (String hex : requests) System.out.println(type.name + "Request " + version + " " + hex);
        for (String hex : responses) System.out.println(type.name + "Response " + version + " " + hex);
      }
    }
  }
}
