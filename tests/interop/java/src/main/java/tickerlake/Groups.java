package tickerlake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
import org.apache.kafka.common.errors.UnsupportedAssignorException;
import org.apache.kafka.common.errors.WakeupException;

/** Java's consumers in groups of both protocols: argument HOST:PORT; exit code 0 when everything holds. */
public final class Groups {
  private final String bootstrap;
  private final Admin admin;

  private Groups(String bootstrap, Admin admin) {
    this.bootstrap = bootstrap;
    this.admin = admin;
  }

  public static void main(String[] arguments) throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", arguments[0]))) {
      Groups groups = new Groups(arguments[0], admin);
      for (String assignor : List.of("uniform", "range")) groups.share(Map.of("group.remote.assignor", assignor));
      groups.share(Map.of("group.protocol", "classic",
          "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
      groups.pattern();
      groups.refusals();
      groups.staticMembers("consumer");
      groups.staticMembers("classic");
      groups.offsets();
      groups.settings();
      groups.protocolsInTurn();
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

  private static void await(String what, BooleanSupplier holds) throws InterruptedException {
    long deadline = System.currentTimeMillis() + 90_000;
    while (!holds.getAsBoolean()) {
      check(System.currentTimeMillis() < deadline, "waited in vain: " + what);
      Thread.sleep(50);
    }
  }

  private String topic(int partitions) throws Exception {
    String topic = unique("topic");
    get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
    return topic;
  }

  private void produce(String topic, int from, int to) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", bootstrap);
    for (String side : List.of("key", "value")) {
      settings.put(side + ".serializer", "org.apache.kafka.common.serialization.StringSerializer");
    }
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
      for (int i = from; i < to; ++i) producer.send(new ProducerRecord<>(topic, "key" + i, "value" + i));
    }
  }

  /** A consumer on a thread of its own, which polls until it is stopped. */
  private final class Member implements ConsumerRebalanceListener {
    final KafkaConsumer<String, String> consumer;
    final Set<TopicPartition> owned = new ConcurrentSkipListSet<>((a, b) -> a.toString().compareTo(b.toString()));
    final Set<String> values = new ConcurrentSkipListSet<>();
    final AtomicInteger lost = new AtomicInteger(), revoked = new AtomicInteger();
    final AtomicBoolean running = new AtomicBoolean(true);
    volatile Throwable failure;
    private final Thread thread = new Thread(this::run);
    private final Runnable subscribe;

    Member(String group, Map<String, String> extra, Object subscription) {
      Properties settings = new Properties();
      settings.put("bootstrap.servers", bootstrap);
      for (String side : List.of("key", "value")) {
        settings.put(side + ".deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
      }
      settings.put("group.id", group);
      settings.put("group.protocol", "consumer");
      settings.put("auto.offset.reset", "earliest");
      settings.put("metadata.max.age.ms", "1000");
      settings.putAll(extra);
      if (settings.get("group.protocol").equals("classic")) settings.put("heartbeat.interval.ms", "500");
      consumer = new KafkaConsumer<>(settings);
      subscribe = () -> {
        if (subscription instanceof SubscriptionPattern pattern) {
          consumer.subscribe(pattern, this);
        } else {
          consumer.subscribe(List.of((String) subscription), this);
        }
      };
      thread.start();
    }

    private void run() {
      try {
        subscribe.run();
        while (running.get()) {
          for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) values.add(record.value());
        }
        consumer.commitSync();
      } catch (WakeupException wanted) {
        // ends
      } catch (Throwable thrown) {
        failure = thrown;
      } finally {
        consumer.close();
      }
    }

    void stop() throws InterruptedException {
      running.set(false);
      thread.join();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> gone) {
      revoked.addAndGet(gone.size());
      owned.removeAll(gone);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
      owned.addAll(added);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> gone) {
      lost.addAndGet(gone.size());
      owned.removeAll(gone);
    }
  }

  private ConsumerGroupDescription describe(String group) {
    try {
      return get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  /** Three members come and go while records arrive: each record reaches the group, partitions are divided evenly. */
  private void share(Map<String, String> extra) throws Exception {
    String topic = topic(6), group = unique("group");
    produce(topic, 0, 300);
    Member one = new Member(group, extra, topic);
    await("one has all", () -> one.owned.size() == 6);
    Member two = new Member(group, extra, topic);
    Member three = new Member(group, extra, topic);
    await("each has two", () -> List.of(one, two, three).stream().allMatch(m -> m.owned.size() == 2));
    Set<TopicPartition> all = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
    for (Member member : List.of(one, two, three)) all.addAll(member.owned);
    check(all.size() == 6, "divided: " + all);
    await("stable", () -> describe(group).groupState() == GroupState.STABLE);
    ConsumerGroupDescription described = describe(group);
    check(described.members().size() == 3, "members");
    check(described.members().stream().allMatch(m -> m.assignment().topicPartitions().size() == 2), "described");
    boolean classic = "classic".equals(extra.get("group.protocol"));
    check(described.type() == (classic ? GroupType.CLASSIC : GroupType.CONSUMER), "type " + described.type());
    if (!classic) check(described.partitionAssignor().equals(extra.get("group.remote.assignor")), "assignor");
    check(get(admin.listGroups(new ListGroupsOptions().withTypes(Set.of(described.type()))).all()).stream()
        .anyMatch(g -> g.groupId().equals(group)), "listed by its type");
    get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(9))).all());
    await("each has three", () -> List.of(one, two, three).stream().allMatch(m -> m.owned.size() == 3));
    two.stop();
    await("two share nine", () -> one.owned.size() + three.owned.size() == 9);
    produce(topic, 300, 600);
    await("all records", () -> {
      Set<String> seen = new TreeSet<>(one.values);
      seen.addAll(two.values);
      seen.addAll(three.values);
      return seen.size() == 600;
    });
    one.stop();
    three.stop();
    for (Member member : List.of(one, two, three)) {
      check(member.failure == null, "failed: " + member.failure);
      check(member.lost.get() == 0, "lost " + member.lost);
    }
    await("empty", () -> describe(group).groupState() == GroupState.EMPTY);
    long committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).values().stream()
        .mapToLong(OffsetAndMetadata::offset).sum();
    check(committed == 600, "committed: " + committed);
    get(admin.deleteConsumerGroups(List.of(group)).all());
  }

  private void pattern() throws Exception {
    String name = unique("pattern"), group = unique("group");
    get(admin.createTopics(List.of(new NewTopic(name + "-a", 2, (short) 1))).all());
    Member member = new Member(group, Map.of(), new SubscriptionPattern(name + "-[ab]"));
    await("the first topic", () -> member.owned.size() == 2);
    get(admin.createTopics(List.of(new NewTopic(name + "-b", 3, (short) 1), new NewTopic(name + "-c", 1, (short) 1)))
        .all());
    await("the second topic", () -> member.owned.size() == 5);
    get(admin.deleteTopics(List.of(name + "-a")).all());
    await("without the first", () -> member.owned.size() == 3);
    member.stop();
    check(member.failure == null, "failed: " + member.failure);
  }

  private void refusals() throws Exception {
    Member broken = new Member(unique("group"), Map.of(), new SubscriptionPattern("(("));
    await("a broken pattern", () -> broken.failure instanceof InvalidRegularExpression);
    Member unknown = new Member(unique("group"), Map.of("group.remote.assignor", "sticky"), topic(1));
    await("an unknown assignor", () -> unknown.failure instanceof UnsupportedAssignorException);
  }

  /** A static member that starts again takes up its partitions; the others notice nothing. */
  private void staticMembers(String protocol) throws Exception {
    String topic = topic(4), group = unique("group");
    Map<String, String> first = Map.of("group.protocol", protocol, "group.instance.id", "i1");
    Map<String, String> second = Map.of("group.protocol", protocol, "group.instance.id", "i2");
    Member one = new Member(group, first, topic);
    Member two = new Member(group, second, topic);
    await("two each", () -> one.owned.size() == 2 && two.owned.size() == 2);
    Set<TopicPartition> had = Set.copyOf(one.owned);
    int revoked = two.revoked.get();
    one.stop();
    Member again = new Member(group, first, topic);
    await("the same again", () -> again.owned.equals(had));
    check(two.revoked.get() == revoked && two.owned.size() == 2, "the other was disturbed");
    if (protocol.equals("consumer")) {
      Member rival = new Member(group, first, topic);
      await("a rival", () -> rival.failure instanceof UnreleasedInstanceIdException);
    }
    check(describe(group).members().stream().map(m -> m.groupInstanceId().orElse("")).sorted().toList()
        .equals(List.of("i1", "i2")), "instance ids");
    again.stop();
    two.stop();
  }

  private void offsets() throws Exception {
    String topic = topic(2), other = topic(1), group = unique("group");
    Member member = new Member(group, Map.of(), topic);
    await("assigned", () -> member.owned.size() == 2);
    fails(() -> get(admin.alterConsumerGroupOffsets(group, Map.of(new TopicPartition(topic, 0),
        new OffsetAndMetadata(1))).all()), "UnknownMemberIdException");
    fails(() -> get(admin.deleteConsumerGroups(List.of(group)).all()), "GroupNotEmptyException");
    fails(() -> get(admin.deleteConsumerGroupOffsets(group, Set.of(new TopicPartition(topic, 0))).all()),
        "GroupSubscribedToTopicException");
    member.stop();
    get(admin.alterConsumerGroupOffsets(group, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(5),
        new TopicPartition(other, 0), new OffsetAndMetadata(7))).all());
    get(admin.deleteConsumerGroupOffsets(group, Set.of(new TopicPartition(other, 0))).all());
    var committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    check(committed.get(new TopicPartition(topic, 0)).offset() == 5, "altered");
    check(!committed.containsKey(new TopicPartition(other, 0)), "deleted");
    get(admin.deleteConsumerGroups(List.of(group)).all());
  }

  /** A group's own settings reach its members. */
  private void settings() throws Exception {
    String group = unique("group");
    ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
    get(admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("consumer.session.timeout.ms", "50000"), AlterConfigOp.OpType.SET)))).all());
    check(get(admin.describeConfigs(List.of(resource)).all()).get(resource).get("consumer.session.timeout.ms").value()
        .equals("50000"), "consumer.session.timeout.ms");
    fails(() -> get(admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(
        new ConfigEntry("consumer.session.timeout.ms", "1"), AlterConfigOp.OpType.SET)))).all()),
        "InvalidConfigurationException");
  }

  /** A group without members takes up the protocol of the next that joins, and keeps its offsets. */
  private void protocolsInTurn() throws Exception {
    String topic = topic(1), group = unique("group");
    int sent = 0;
    for (String protocol : List.of("classic", "consumer", "classic")) {
      produce(topic, sent, sent + 10);
      Member member = new Member(group, Map.of("group.protocol", protocol), topic);
      await(protocol + ": only what is new", () -> member.values.size() == 10);
      check(describe(group).type() == GroupType.parse(protocol), "type");
      member.stop();
      sent += 10;
    }
  }

  private interface Action {
    void run() throws Exception;
  }

  private static void fails(Action action, String error) throws Exception {
    try {
      action.run();
    } catch (ExecutionException failure) {
      check(failure.getCause().getClass().getSimpleName().equals(error), "not " + error + ": " + failure.getCause());
      return;
    }
    throw new AssertionError("no " + error);
  }
}
