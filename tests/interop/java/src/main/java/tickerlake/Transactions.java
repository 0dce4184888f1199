package tickerlake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Transactions of Java's clients (version 2 of the protocol): argument HOST:PORT; exit code 0 when everything holds. */
public final class Transactions {
  private final String bootstrap;
  private final Admin admin;

  private Transactions(String bootstrap, Admin admin) {
    this.bootstrap = bootstrap;
    this.admin = admin;
  }

  public static void main(String[] arguments) throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", arguments[0]))) {
      Transactions transactions = new Transactions(arguments[0], admin);
      transactions.version();
      transactions.commitsAndAborts();
      transactions.fencesZombies();
      transactions.consumesTransformsProduces();
      transactions.timesOut();
      transactions.administers();
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

  private String topic(int partitions) throws Exception {
    String topic = unique("txn");
    get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
    return topic;
  }

  private Properties settings() {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", bootstrap);
    for (String side : List.of("key", "value")) {
      settings.put(side + ".serializer", "org.apache.kafka.common.serialization.StringSerializer");
      settings.put(side + ".deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
    }
    settings.put("auto.offset.reset", "earliest");
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    return settings;
  }

  private KafkaProducer<String, String> producer(String id, int timeoutMs) {
    Properties settings = settings();
    settings.put("transactional.id", id);
    settings.put("transaction.timeout.ms", timeoutMs);
    KafkaProducer<String, String> producer = new KafkaProducer<>(settings);
    producer.initTransactions();
    return producer;
  }

  /** All values that a reader of committed records gets up to the end. */
  private List<String> read(String topic, int partitions) {
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings())) {
      List<TopicPartition> all = new ArrayList<>();
      for (int i = 0; i < partitions; ++i) all.add(new TopicPartition(topic, i));
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) values.add(record.value());
      }
    }
    return values;
  }

  private void version() throws Exception {
    var features = get(admin.describeFeatures().featureMetadata());
    check(features.finalizedFeatures().get("transaction.version").maxVersionLevel() == 2, "transaction.version 2");
  }

  private void commitsAndAborts() throws Exception {
    String topic = topic(3);
    List<String> expected = new ArrayList<>();
    try (KafkaProducer<String, String> producer = producer(unique("id"), 60000)) {
      for (int round = 0; round < 20; ++round) {
        producer.beginTransaction();
        for (int i = 0; i < 30; ++i) {
          String value = round + "-" + i;
          producer.send(new ProducerRecord<>(topic, i % 3, null, value));
          if (round % 3 != 1) expected.add(value);
        }
        if (round % 3 == 1) producer.abortTransaction();
        else producer.commitTransaction();
      }
      producer.beginTransaction();
      producer.commitTransaction();  // an empty one
      producer.beginTransaction();
      producer.abortTransaction();
    }
    List<String> values = read(topic, 3);
    check(values.size() == expected.size() && Set.copyOf(values).equals(Set.copyOf(expected)),
          "committed records are read, each once, and no others: " + values.size() + " of " + expected.size());
  }

  private void fencesZombies() throws Exception {
    String topic = topic(1);
    String id = unique("id");
    KafkaProducer<String, String> zombie = producer(id, 60000);
    zombie.beginTransaction();
    zombie.send(new ProducerRecord<>(topic, "of the zombie")).get(30, TimeUnit.SECONDS);
    try (KafkaProducer<String, String> successor = producer(id, 60000)) {
      successor.beginTransaction();
      successor.send(new ProducerRecord<>(topic, "of the successor"));
      successor.commitTransaction();
    }
    boolean fenced = false;
    try {
      zombie.send(new ProducerRecord<>(topic, "late")).get(30, TimeUnit.SECONDS);
    } catch (ExecutionException refused) {
      fenced = refused.getCause() instanceof ProducerFencedException
               || refused.getCause() instanceof InvalidProducerEpochException;
    }
    check(fenced, "a zombie's record is refused");
    boolean refusedCommit = false;
    try {
      zombie.commitTransaction();
    } catch (KafkaException refused) {
      refusedCommit = true;
    }
    check(refusedCommit, "a zombie can't commit");
    zombie.close(Duration.ofSeconds(1));
    check(read(topic, 1).equals(List.of("of the successor")), "nothing of the zombie is read");
  }

  private void consumesTransformsProduces() throws Exception {
    String source = topic(2);
    String target = topic(2);
    String group = unique("group");
    int count = 200;
    try (KafkaProducer<String, String> producer = producer(unique("id"), 60000)) {
      producer.beginTransaction();
      for (int i = 0; i < count; ++i) producer.send(new ProducerRecord<>(source, i % 2, null, "" + i));
      producer.commitTransaction();
    }
    Properties settings = settings();
    settings.put("group.id", group);
    settings.put("max.poll.records", 25);
    int done = 0;
    int round = 0;
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings);
         KafkaProducer<String, String> producer = producer(unique("id"), 60000)) {
      consumer.subscribe(List.of(source));
      while (done < count) {
        var records = consumer.poll(Duration.ofMillis(200));
        if (records.isEmpty()) continue;
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<String, String> record : records) {
          producer.send(new ProducerRecord<>(target, record.partition(), null, record.value() + "!"));
          offsets.put(new TopicPartition(source, record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        if (++round % 3 == 0) {
          producer.abortTransaction();
          for (TopicPartition partition : records.partitions()) {
            consumer.seek(partition, records.records(partition).get(0).offset());
          }
        } else {
          producer.commitTransaction();
          done += records.count();
        }
      }
    }
    List<String> values = read(target, 2);
    check(values.size() == count && Set.copyOf(values).size() == count, "each record once: " + values.size());
    var offsets = get(admin.listConsumerGroupOffsets(group, new ListConsumerGroupOffsetsOptions().requireStable(true))
                          .partitionsToOffsetAndMetadata());
    for (int i = 0; i < 2; ++i) {
      long end = offsets.get(new TopicPartition(source, i)).offset();
      check(end == count / 2, "offsets are committed with the records: " + end);
    }
  }

  private void timesOut() throws Exception {
    String topic = topic(1);
    KafkaProducer<String, String> producer = producer(unique("id"), 1500);
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, "too slow")).get(30, TimeUnit.SECONDS);
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings())) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (consumer.endOffsets(List.of(partition)).get(partition) == 0 && System.nanoTime() < deadline) {
        Thread.sleep(200);
      }
    }
    boolean refused = false;
    try {
      producer.commitTransaction();
    } catch (KafkaException expected) {
      refused = true;
    }
    check(refused, "what took too long can't be committed");
    producer.close(Duration.ofSeconds(1));
    check(read(topic, 1).isEmpty(), "and is not read");
  }

  private void administers() throws Exception {
    String topic = topic(1);
    String id = unique("id");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaProducer<String, String> producer = producer(id, 60000)) {
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "hanging")).get(30, TimeUnit.SECONDS);

      Collection<TransactionListing> ongoing = get(admin.listTransactions(
          new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING))).all());
      check(ongoing.stream().anyMatch(t -> t.transactionalId().equals(id)), "it is listed");
      check(get(admin.listTransactions(new ListTransactionsOptions().filterOnTransactionalIdPattern(".*no such.*")).all())
                .isEmpty(), "nothing has that name");
      TransactionDescription described =
          get(admin.describeTransactions(List.of(id)).description(id));
      check(described.state() == TransactionState.ONGOING, "it is ongoing");
      check(described.topicPartitions().equals(Set.of(partition)), "in its partition");
      check(described.transactionTimeoutMs() == 60000, "with its time-out");
      List<ProducerState> producers = get(admin.describeProducers(List.of(partition)).partitionResult(partition))
          .activeProducers();
      check(producers.size() == 1, "one producer");
      ProducerState state = producers.get(0);
      check(state.producerId() == described.producerId(), "it is the producer's");
      check(state.currentTransactionStartOffset().getAsLong() == 0, "it begins at offset 0");

      get(admin.abortTransaction(new AbortTransactionSpec(partition, state.producerId(), (short) state.producerEpoch(),
                                                          state.coordinatorEpoch().orElse(0))).all());
      producers = get(admin.describeProducers(List.of(partition)).partitionResult(partition)).activeProducers();
      check(producers.get(0).currentTransactionStartOffset().isEmpty(), "an administrator has ended it");
      check(read(topic, 1).isEmpty(), "by aborting it");
      get(admin.fenceProducers(List.of(id)).all());
    }
    check(get(admin.describeTransactions(List.of(id)).description(id)).state() != TransactionState.ONGOING,
          "fenced producers have no transaction");
  }
}
