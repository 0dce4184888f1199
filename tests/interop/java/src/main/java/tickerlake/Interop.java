package tickerlake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;

/** Java's clients against a broker: argument HOST:PORT; exit code 0 when everything holds. */
public final class Interop {
  private final String bootstrap;

  private Interop(String bootstrap) {
    this.bootstrap = bootstrap;
  }

  public static void main(String[] arguments) throws Exception {
    Interop interop = new Interop(arguments[0]);
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", arguments[0]))) {
      for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) interop.roundTrip(admin, codec);
      interop.rebalance(admin, "org.apache.kafka.clients.consumer.RangeAssignor");
      interop.rebalance(admin, "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
      interop.administer(admin);
    }
    System.out.println("all passed");
    System.exit(0);
  }

  private static String unique(String name) {
    return "java-" + name + "-" + UUID.randomUUID();
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  private static <T> T get(KafkaFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }

  private Properties settings() {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", bootstrap);
    for (String side : List.of("key", "value")) {
      settings.put(side + ".serializer", "org.apache.kafka.common.serialization.StringSerializer");
      settings.put(side + ".deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    }
    settings.put("auto.offset.reset", "earliest");
    return settings;
  }

  /** The producer is idempotent, as it is by default. */
  private void produce(String topic, int count, String codec) {
    Properties settings = settings();
    settings.put("compression.type", codec);
    settings.put("linger.ms", 5);
    List<Exception> failures = new ArrayList<>();
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
      for (int i = 0; i < count; ++i) {
        ProducerRecord<String, String> record = new ProducerRecord<>(topic, "key" + i, "value " + i);
        record.headers().add("n", Integer.toString(i).getBytes());
        producer.send(record, (metadata, failure) -> {
          if (failure != null) failures.add(failure);
        });
      }
    }
    check(failures.isEmpty(), topic + ": " + failures);
  }

  private Set<String> consume(String topic, String group, int count) {
    Properties settings = settings();
    settings.put("group.id", group);
    Set<String> values = new HashSet<>();
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
      consumer.subscribe(List.of(topic));
      long deadline = System.currentTimeMillis() + 30_000;
      while (values.size() < count && System.currentTimeMillis() < deadline) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          values.add(record.key() + "=" + record.value());
          check(new String(record.headers().lastHeader("n").value()).equals(record.key().substring(3)), "header");
        }
      }
      consumer.commitSync();
    }
    check(values.size() == count, topic + ": " + values.size() + " of " + count);
    return values;
  }

  private void roundTrip(Admin admin, String codec) throws Exception {
    String topic = unique(codec);
    String group = unique("group");
    get(admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all());
    produce(topic, 1000, codec);
    check(consume(topic, group, 1000).contains("key999=value 999"), "records");
    var committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    check(committed.values().stream().mapToLong(o -> o.offset()).sum() == 1000, "committed: " + committed);
  }

  private static final class Owned implements ConsumerRebalanceListener {
    final Set<TopicPartition> partitions = new HashSet<>();

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> gone) {
      partitions.removeAll(gone);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
      partitions.addAll(added);
    }
  }

  private static void pollUntilInterrupted(KafkaConsumer<String, String> consumer) {
    try {
      while (true) consumer.poll(Duration.ofMillis(100));
    } catch (InterruptException stop) {
      Thread.interrupted();
    }
    consumer.close();
  }

  /** Two members share four partitions; when one leaves, the other has all. */
  private void rebalance(Admin admin, String assignor) throws Exception {
    String topic = unique("rebalance");
    get(admin.createTopics(List.of(new NewTopic(topic, 4, (short) 1))).all());
    Properties settings = settings();
    settings.put("group.id", unique("group"));
    settings.put("partition.assignment.strategy", assignor);
    settings.put("heartbeat.interval.ms", 500);
    Owned owned = new Owned();
    try (KafkaConsumer<String, String> one = new KafkaConsumer<>(settings)) {
      one.subscribe(List.of(topic), owned);
      KafkaConsumer<String, String> two = new KafkaConsumer<>(settings);
      two.subscribe(List.of(topic));
      Thread other = new Thread(() -> pollUntilInterrupted(two));
      other.start();
      long deadline = System.currentTimeMillis() + 40_000;
      while (owned.partitions.size() != 2 && System.currentTimeMillis() < deadline) one.poll(Duration.ofMillis(100));
      check(owned.partitions.size() == 2, assignor + ": " + owned.partitions);
      other.interrupt();
      while (owned.partitions.size() != 4 && System.currentTimeMillis() < deadline) one.poll(Duration.ofMillis(100));
      check(owned.partitions.size() == 4, assignor + " after the other left: " + owned.partitions);
      other.join();
    }
  }

  private void administer(Admin admin) throws Exception {
    String topic = unique("admin");
    String group = unique("group");
    get(admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(Map.of("retention.ms", "60000")))).all());
    get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all());
    check(get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().size() == 3, "partitions");
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    check(get(admin.describeConfigs(List.of(resource)).all()).get(resource).get("retention.ms").value().equals("60000"),
        "retention.ms");
    get(admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("retention.ms", "70000"), AlterConfigOp.OpType.SET)))).all());
    check(get(admin.describeConfigs(List.of(resource)).all()).get(resource).get("retention.ms").value().equals("70000"),
        "retention.ms after the change");
    produce(topic, 10, "none");
    consume(topic, group, 10);
    long end = 0;
    for (int partition = 0; partition < 3; ++partition) {
      TopicPartition at = new TopicPartition(topic, partition);
      end += get(admin.listOffsets(Map.of(at, OffsetSpec.latest())).all()).get(at).offset();
      get(admin.listOffsets(Map.of(at, OffsetSpec.maxTimestamp())).all());
    }
    check(end == 10, "end offsets: " + end);
    check(get(admin.listGroups().all()).stream().anyMatch(g -> g.groupId().equals(group)), "listGroups");
    check(get(admin.describeConsumerGroups(List.of(group)).all()).get(group).members().isEmpty(), "members");
    get(admin.deleteConsumerGroupOffsets(group, Set.of(new TopicPartition(topic, 0))).all());
    get(admin.deleteConsumerGroups(List.of(group)).all());
    check(get(admin.describeCluster().nodes()).size() == 1, "nodes");
    check(!get(admin.describeLogDirs(List.of(1)).allDescriptions()).get(1).isEmpty(), "log directories");
    get(admin.deleteTopics(List.of(topic)).all());
    check(!get(admin.listTopics().names()).contains(topic), "deleted topic");
  }
}
