import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ShareGroupDescription;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;

/** Java's share consumers and Admin: HOST:PORT SCENARIO [arguments]; exit code 0 when everything holds. */
public final class Shares {
  private final String bootstrap;
  private final Admin admin;

  private Shares(String bootstrap, Admin admin) {
    this.bootstrap = bootstrap;
    this.admin = admin;
  }

  public static void main(String[] arguments) throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", arguments[0]))) {
      Shares shares = new Shares(arguments[0], admin);
      switch (arguments[1]) {
        case "acknowledge" -> shares.acknowledge();
        case "members" -> shares.members();
        case "transactions" -> shares.transactions();
        case "offsets" -> shares.offsets();
        case "settings" -> shares.settings();
        case "produce" -> shares.produce(arguments[2], Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
        case "take" -> shares.take(arguments[2], arguments[3], Integer.parseInt(arguments[4]), Integer.parseInt(arguments[5]));
        default -> throw new IllegalArgumentException(arguments[1]);
      }
    }
    System.out.println("all passed");
  }

  // ---- what tests are made of

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  private static void await(String what, BooleanSupplier holds) throws InterruptedException {
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120); !holds.getAsBoolean(); Thread.sleep(20)) {
      check(System.nanoTime() < end, "never: " + what);
    }
  }

  private static int names = 0;

  private String topic(int partitions) throws Exception {
    String name = "shared-" + ProcessHandle.current().pid() + "-" + names++;
    admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
    return name;
  }

  private String group(Map<String, String> settings) throws Exception {
    String name = "sharers-" + ProcessHandle.current().pid() + "-" + names++;
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent("share.auto.offset.reset", "earliest");
    configure(name, all);
    return name;
  }

  private void configure(String group, Map<String, String> settings) throws Exception {
    List<AlterConfigOp> operations = new ArrayList<>();
    settings.forEach((key, value) -> operations.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), operations)).all().get();
  }

  private KafkaShareConsumer<String, String> consumer(String group, Map<String, Object> more, String... topics) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "group.id", group,
        "key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer",
        "value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"));
    settings.putAll(more);
    KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(settings);
    consumer.subscribe(List.of(topics));
    return consumer;
  }

  private KafkaProducer<String, String> producer(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "linger.ms", 0,
        "key.serializer", "org.apache.kafka.common.serialization.StringSerializer",
        "value.serializer", "org.apache.kafka.common.serialization.StringSerializer"));
    settings.putAll(more);
    return new KafkaProducer<>(settings);
  }

  private void produce(String topic, int first, int count) throws Exception {
    try (KafkaProducer<String, String> producer = producer(Map.of())) {
      for (int i = first; i < first + count; ++i) producer.send(new ProducerRecord<>(topic, "k" + i, "v" + i));
      producer.flush();
    }
  }

  private List<ConsumerRecord<String, String>> poll(KafkaShareConsumer<String, String> consumer, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (records.size() < count) {
      check(System.nanoTime() < end, "only " + records.size() + " of " + count);
      consumer.poll(Duration.ofMillis(200)).forEach(records::add);
    }
    return records;
  }

  private SharePartitionOffsetInfo position(String group, String topic, int partition) {
    try {
      return admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
          .partitionsToOffsetInfo(group).get().get(new TopicPartition(topic, partition));
    } catch (Exception wrong) {
      throw new RuntimeException(wrong);
    }
  }

  private ShareGroupDescription describe(String group) {
    try {
      return admin.describeShareGroups(List.of(group)).all().get().get(group);
    } catch (ExecutionException unknown) {  // nobody has joined yet
      return new ShareGroupDescription(group, List.of(), GroupState.EMPTY, null, 0, 0);
    } catch (InterruptedException wrong) {
      throw new RuntimeException(wrong);
    }
  }

  private static final Map<String, Object> EXPLICIT = Map.of("share.acknowledgement.mode", "explicit");

  // ---- scenarios

  /** Each kind of acknowledgement, and what delivery counts tell. */
  private void acknowledge() throws Exception {
    String topic = topic(1), group = group(Map.of());
    produce(topic, 0, 10);
    try (KafkaShareConsumer<String, String> consumer = consumer(group, EXPLICIT, topic)) {
      for (ConsumerRecord<String, String> record : poll(consumer, 10)) {
        check(record.deliveryCount().get() == 1, "first delivery of " + record);
        consumer.acknowledge(record, switch ((int) record.offset() % 3) {
          case 0 -> AcknowledgeType.ACCEPT;
          case 1 -> AcknowledgeType.RELEASE;
          default -> AcknowledgeType.REJECT;
        });
      }
      consumer.commitSync().forEach((partition, error) -> check(error.isEmpty(), "commit: " + error));
      List<ConsumerRecord<String, String>> again = poll(consumer, 3);
      check(again.stream().map(ConsumerRecord::offset).toList().equals(List.of(1L, 4L, 7L)), "again: " + again);
      for (ConsumerRecord<String, String> record : again) {
        check(record.deliveryCount().get() == 2, "second delivery of " + record);
        consumer.acknowledge(record, AcknowledgeType.RENEW);
      }
      consumer.commitSync().forEach((partition, error) -> check(error.isEmpty(), "renewal: " + error));
      await("renewed records come again", () -> {
        List<ConsumerRecord<String, String>> renewed = new ArrayList<>();
        consumer.poll(Duration.ofMillis(200)).forEach(renewed::add);
        renewed.forEach(record -> consumer.acknowledge(record, AcknowledgeType.ACCEPT));
        consumer.commitSync();
        SharePartitionOffsetInfo info = position(group, topic, 0);
        return info != null && info.startOffset() == 10;
      });
      check(position(group, topic, 0).lag().get() == 0, "lag");
      // A record that nobody can process is given up after five deliveries.
      produce(topic, 10, 1);
      for (int delivery = 1; delivery <= 5; ++delivery) {
        ConsumerRecord<String, String> record = poll(consumer, 1).get(0);
        check(record.deliveryCount().get() == delivery, "delivery " + delivery + " of " + record);
        consumer.acknowledge(record, AcknowledgeType.RELEASE);
        consumer.commitSync();
      }
      await("the record is given up", () -> position(group, topic, 0).startOffset() == 11);
    }
  }

  /** Of many members on one partition one acknowledges a record; what one that goes has not acknowledged others get. */
  private void members() throws Exception {
    String topic = topic(2), group = group(Map.of("share.partition.max.record.locks", "400",
        "share.record.lock.duration.ms", "20000"));
    int count = 3_000;
    Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
    List<Thread> threads = new ArrayList<>();
    Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    AtomicBoolean stop = new AtomicBoolean();
    for (int i = 0; i < 4; ++i) {
      Thread thread = new Thread(() -> {
        try (KafkaShareConsumer<String, String> consumer = consumer(group, Map.of("max.poll.records", 50), topic)) {
          while (!stop.get()) {
            ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
            consumer.commitSync().forEach((partition, error) -> {
              // The client says so of a partition that its last assignment took away: its records come again.
              if (error.isPresent() && !(error.get() instanceof NotLeaderOrFollowerException)) wrong.add(error.get());
              if (error.isPresent()) return;
              records.records(partition.topicPartition()).forEach(record -> acknowledged.merge(record.value(), 1, Integer::sum));
            });
          }
        } catch (Throwable thrown) {
          wrong.add(thrown);
        }
      });
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    // A client whose assignment changes drops what it has fetched of a partition that it loses, until the locks expire.
    await("four members, each with its last assignment", () -> {
      ShareGroupDescription told = describe(group);
      return told.members().size() == 4
          && told.members().stream().allMatch(member -> member.memberEpoch() == told.groupEpoch());
    });
    produce(topic, 0, count);
    await("all " + count + " acknowledged", () -> acknowledged.size() == count || !wrong.isEmpty());
    check(wrong.isEmpty(), "errors: " + wrong);
    acknowledged.forEach((value, times) -> check(times == 1, value + " acknowledged " + times + " times"));
    check(describe(group).groupState() == GroupState.STABLE, "state");
    check(admin.listGroups(ListGroupsOptions.forShareGroups()).all().get().stream()
        .anyMatch(one -> one.groupId().equals(group) && one.type().get() == GroupType.SHARE), "listed");
    stop.set(true);
    for (Thread thread : threads) thread.join();
    // One takes records and goes without a word about them.
    produce(topic, count, 20);
    KafkaShareConsumer<String, String> careless = consumer(group, EXPLICIT, topic);
    poll(careless, 20);
    careless.close(Duration.ofSeconds(10));
    try (KafkaShareConsumer<String, String> heir = consumer(group, Map.of(), topic)) {
      poll(heir, 20).forEach(record -> check(record.deliveryCount().get() == 2, "inherited: " + record));
    }
  }

  /** With read_committed only committed records come, and aborted ones hold nothing up. */
  private void transactions() throws Exception {
    String topic = topic(1), group = group(Map.of("share.isolation.level", "read_committed"));
    String uncommitted = group(Map.of());
    try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", topic))) {
      producer.initTransactions();
      for (int round = 0; round < 6; ++round) {
        producer.beginTransaction();
        for (int i = 0; i < 5; ++i) producer.send(new ProducerRecord<>(topic, (round % 2 == 0 ? "commit" : "abort") + round + i));
        producer.flush();
        if (round % 2 == 0) producer.commitTransaction(); else producer.abortTransaction();
      }
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "open"));
      producer.flush();
      try (KafkaShareConsumer<String, String> consumer = consumer(group, Map.of(), topic);
           KafkaShareConsumer<String, String> all = consumer(uncommitted, Map.of(), topic)) {
        for (ConsumerRecord<String, String> record : poll(consumer, 15)) {
          check(record.value().startsWith("commit"), "got " + record.value());
        }
        check(poll(all, 31).stream().anyMatch(record -> record.value().equals("open")), "read uncommitted");
        consumer.commitSync();
        await("aborted records are passed", () -> {
          consumer.poll(Duration.ofMillis(100));
          consumer.commitSync();
          SharePartitionOffsetInfo info = position(group, topic, 0);
          return info.startOffset() == 36;
        });
        producer.commitTransaction();
        check(poll(consumer, 1).get(0).value().equals("open"), "after the commit");
      }
    }
  }

  /** Admin changes where a group without members begins, and deletes what it knew. */
  private void offsets() throws Exception {
    String topic = topic(1), group = group(Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    produce(topic, 0, 10);
    try (KafkaShareConsumer<String, String> consumer = consumer(group, Map.of(), topic)) {
      poll(consumer, 10);
      consumer.commitSync();
      try {
        admin.alterShareGroupOffsets(group, Map.of(partition, 3L)).all().get();
        check(false, "a group with members was altered");
      } catch (ExecutionException refused) {
        check(refused.getCause() instanceof GroupNotEmptyException, "refused: " + refused.getCause());
      }
    }
    check(position(group, topic, 0).startOffset() == 10, "committed");
    admin.alterShareGroupOffsets(group, Map.of(partition, 7L)).all().get();
    check(position(group, topic, 0).startOffset() == 7 && position(group, topic, 0).lag().get() == 3, "altered");
    try (KafkaShareConsumer<String, String> consumer = consumer(group, Map.of(), topic)) {
      check(poll(consumer, 3).get(0).offset() == 7, "from 7 on");
    }
    admin.deleteShareGroupOffsets(group, Set.of(topic)).all().get();
    check(position(group, topic, 0) == null, "deleted");
    try (KafkaShareConsumer<String, String> consumer = consumer(group, Map.of(), topic)) {
      check(poll(consumer, 10).get(0).offset() == 0, "from the beginning");
    }
    admin.deleteShareGroups(List.of(group)).all().get();
    check(admin.listGroups(ListGroupsOptions.forShareGroups()).all().get().stream()
        .noneMatch(one -> one.groupId().equals(group)), "deleted group");
    String other = "altered-" + topic;
    admin.alterShareGroupOffsets(other, Map.of(partition, 5L)).all().get();
    try (KafkaShareConsumer<String, String> consumer = consumer(other, Map.of(), topic)) {
      check(poll(consumer, 5).get(0).offset() == 5, "a group that was made by altering");
    }
    admin.deleteTopics(List.of(topic)).all().get();
    await("a deleted topic's offsets are gone", () -> position(other, topic, 0) == null);
  }

  /** Settings of groups with Kafka's names, defaults and bounds. */
  private void settings() throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, "configured");
    Map<String, String> expected = new TreeMap<>(Map.of("share.session.timeout.ms", "45000",
        "share.heartbeat.interval.ms", "5000", "share.record.lock.duration.ms", "30000",
        "share.delivery.count.limit", "5", "share.partition.max.record.locks", "2000",
        "share.auto.offset.reset", "latest", "share.isolation.level", "read_uncommitted",
        "share.renew.acknowledge.enable", "true"));
    Map<String, String> told = new TreeMap<>();
    admin.describeConfigs(List.of(resource)).all().get().get(resource).entries().stream()
        .filter(entry -> entry.name().startsWith("share.")).forEach(entry -> told.put(entry.name(), entry.value()));
    check(told.equals(expected), "told: " + told);
    configure("configured", Map.of("share.record.lock.duration.ms", "15000", "share.auto.offset.reset", "by_duration:PT1H",
        "share.isolation.level", "read_committed"));
    for (Map.Entry<String, String> wrong : Map.of("share.record.lock.duration.ms", "14999", "share.session.timeout.ms", "60001",
        "share.delivery.count.limit", "11", "share.partition.max.record.locks", "99", "share.auto.offset.reset", "never",
        "share.isolation.level", "serializable").entrySet()) {
      try {
        configure("configured", Map.of(wrong.getKey(), wrong.getValue()));
        check(false, wrong + " was accepted");
      } catch (ExecutionException refused) {
        check(refused.getCause() instanceof InvalidConfigurationException, wrong + ": " + refused.getCause());
      }
    }
  }

  /** Takes and acknowledges so many records, then takes some more without a word; prints both, for a test that kills. */
  private void take(String group, String topic, int accepted, int unanswered) throws Exception {
    configure(group, Map.of("share.auto.offset.reset", "earliest"));
    KafkaShareConsumer<String, String> consumer = consumer(group, Map.of("share.acknowledgement.mode", "explicit",
        "max.poll.records", 50, "share.acquire.mode", "record_limit"), topic);
    Set<Long> done = new LinkedHashSet<>();
    Set<Long> taken = new TreeSet<>();
    while (done.size() < accepted) {
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
        boolean last = done.size() >= accepted;
        consumer.acknowledge(record, last ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
        if (!last) done.add(record.offset());
      }
      consumer.commitSync().forEach((partition, error) -> check(error.isEmpty(), "commit: " + error));
    }
    System.out.println("accepted " + done);
    if (unanswered == 0) {
      consumer.close();
      return;
    }
    while (taken.size() < unanswered) {
      consumer.poll(Duration.ofMillis(200)).forEach(record -> taken.add(record.offset()));
      break;
    }
    System.out.println("taken " + taken);
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }
}
