// sarama against a broker: sarama HOST:PORT. Prints "all passed" when everything holds.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

var (
	brokers  = os.Args[1:2]
	serial   = 0
	patience = 2 * time.Minute
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func ensure(holds bool, format string, arguments ...any) {
	if !holds {
		panic(fmt.Sprintf(format, arguments...))
	}
}

func unique(name string) string {
	serial++
	return fmt.Sprintf("sarama-%s-%d-%d-%d", name, os.Getpid(), time.Now().UnixNano(), serial)
}

func config() *sarama.Config {
	settings := sarama.NewConfig()
	settings.Version = sarama.MaxVersion
	settings.Producer.Return.Successes = true
	settings.Producer.RequiredAcks = sarama.WaitForAll
	settings.Consumer.Offsets.Initial = sarama.OffsetOldest
	settings.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	return settings
}

func makeTopic(admin sarama.ClusterAdmin, partitions int32) string {
	topic := unique("topic")
	check(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false))
	return topic
}

func numbered(prefix string, count int) []string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf("%s%04d", prefix, i))
	}
	return all
}

func send(producer sarama.SyncProducer, topic string, all []string) {
	var messages []*sarama.ProducerMessage
	for _, value := range all {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(value),
			Value: sarama.StringEncoder(value), Headers: []sarama.RecordHeader{{Key: []byte("n"), Value: []byte(value)}}})
	}
	check(producer.SendMessages(messages))
}

// values reads count records of a topic and returns their values, sorted.
func values(topic string, count int, isolation sarama.IsolationLevel) []string {
	settings := config()
	settings.Consumer.IsolationLevel = isolation
	consumer := must(sarama.NewConsumer(brokers, settings))
	defer func() { check(consumer.Close()) }()
	found, end := make(chan string, count), time.After(patience)
	for _, partition := range must(consumer.Partitions(topic)) {
		reader := must(consumer.ConsumePartition(topic, partition, sarama.OffsetOldest))
		defer reader.AsyncClose()
		go func() {
			for message := range reader.Messages() {
				found <- string(message.Value)
			}
		}()
	}
	var read []string
	for len(read) < count {
		select {
		case value := <-found:
			read = append(read, value)
		case <-end:
			panic(fmt.Sprintf("%d of %d records of %s", len(read), count, topic))
		}
	}
	slices.Sort(read)
	return read
}

func eachCodec(admin sarama.ClusterAdmin) {
	for codec, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		for _, idempotent := range []bool{false, true} {
			settings := config()
			settings.Producer.Compression = sarama.CompressionCodec(codec)
			settings.Producer.Idempotent = idempotent
			if idempotent {
				settings.Net.MaxOpenRequests = 1
			}
			topic := makeTopic(admin, 3)
			producer := must(sarama.NewSyncProducer(brokers, settings))
			send(producer, topic, numbered("v", 300))
			check(producer.Close())
			ensure(slices.Equal(values(topic, 300, sarama.ReadUncommitted), numbered("v", 300)), "records of codec %s", name)
		}
	}
}

// member collects what one member of a group reads, and knows which partitions it has.
type member struct {
	mutex sync.Mutex
	owned int
	read  map[string]bool
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.owned = 0
	for _, partitions := range session.Claims() {
		m.owned += len(partitions)
	}
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			m.mutex.Lock()
			m.read[string(message.Value)] = true
			m.mutex.Unlock()
			session.MarkMessage(message, "")
		case <-session.Context().Done():
			return nil
		}
	}
}

func (m *member) state() (int, int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.owned, len(m.read)
}

func until(what string, holds func() bool) {
	for end := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		ensure(time.Now().Before(end), "%s", what)
	}
}

// join runs a member until the returned function ends it.
func join(group, topic string, its *member) func() {
	consumer := must(sarama.NewConsumerGroup(brokers, group, config()))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := consumer.Consume(ctx, []string{topic}, its); err != nil && !errors.Is(err, sarama.ErrClosedConsumerGroup) {
				panic(err)
			}
		}
	}()
	return func() {
		stop()
		<-done
		check(consumer.Close())
	}
}

func groups(admin sarama.ClusterAdmin) {
	topic, group := makeTopic(admin, 4), unique("group")
	producer := must(sarama.NewSyncProducer(brokers, config()))
	first, second := &member{read: map[string]bool{}}, &member{read: map[string]bool{}}
	endFirst, endSecond := join(group, topic, first), join(group, topic, second)
	until("two members never shared the partitions", func() bool {
		one, _ := first.state()
		other, _ := second.state()
		return one == 2 && other == 2
	})
	send(producer, topic, numbered("v", 200))
	until("the two did not read everything", func() bool {
		_, one := first.state()
		_, other := second.state()
		return one+other == 200
	})
	endSecond()
	until("the other did not take over", func() bool { owned, _ := first.state(); return owned == 4 })
	_, before := first.state()
	send(producer, topic, numbered("w", 100))
	until("the one that stayed did not get the rest", func() bool { _, count := first.state(); return count == before+100 })
	endFirst()
	check(producer.Close())
	offsets := must(admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1, 2, 3}}))
	var sum int64
	for _, block := range offsets.Blocks[topic] {
		sum += max(block.Offset, 0)
	}
	ensure(sum == 300, "%d of 300 were committed", sum)
	described := must(admin.DescribeConsumerGroups([]string{group}))[0]
	ensure(described.State == "Empty", "the group is %s", described.State)
	check(admin.DeleteConsumerGroup(group))
	_, there := must(admin.ListConsumerGroups())[group]
	ensure(!there, "the group is still there")
}

func transactions(admin sarama.ClusterAdmin) {
	source, target, group := makeTopic(admin, 1), makeTopic(admin, 2), unique("group")
	settings := config()
	settings.Producer.Idempotent = true
	settings.Net.MaxOpenRequests = 1
	settings.Producer.Transaction.ID = unique("id")
	producer := must(sarama.NewSyncProducer(brokers, settings))
	var expected []string
	for round := range 6 {
		check(producer.BeginTxn())
		all := numbered(fmt.Sprintf("%d-", round), 20)
		send(producer, target, all)
		check(producer.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{
			source: {{Partition: 0, Offset: int64(round + 1), LeaderEpoch: -1}}}, group))
		if round%2 == 0 {
			check(producer.CommitTxn())
			expected = append(expected, all...)
		} else {
			check(producer.AbortTxn())
		}
	}
	ensure(slices.Equal(values(target, len(expected), sarama.ReadCommitted), expected), "committed records differ")
	offsets := must(admin.ListConsumerGroupOffsets(group, map[string][]int32{source: {0}}))
	ensure(offsets.GetBlock(source, 0).Offset == 5, "offset %d was committed", offsets.GetBlock(source, 0).Offset)
	check(producer.Close())
}

func administer(admin sarama.ClusterAdmin) {
	topic := unique("admin")
	retention := "60000"
	check(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1,
		ConfigEntries: map[string]*string{"retention.ms": &retention}}, false))
	err := admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1}, false)
	ensure(errors.Is(err, sarama.ErrTopicAlreadyExists), "made twice: %v", err)
	check(admin.CreatePartitions(topic, 5, nil, false))
	ensure(len(must(admin.DescribeTopics([]string{topic}))[0].Partitions) == 5, "there are not five partitions")
	check(admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{
		"segment.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &retention}}, false))
	set := 0
	for _, entry := range must(admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})) {
		if (entry.Name == "retention.ms" || entry.Name == "segment.ms") && entry.Value == retention {
			set++
		}
	}
	ensure(set == 2, "%d of 2 settings were kept", set)
	nodes, controller, err := admin.DescribeCluster()
	check(err)
	ensure(len(nodes) == 1 && controller == nodes[0].ID(), "one broker controls")
	ensure(len(must(admin.DescribeLogDirs([]int32{controller}))) == 1, "one folder of logs")
	check(admin.DeleteRecords(topic, map[int32]int64{0: 0}))
	check(admin.DeleteTopic(topic))
	_, there := must(admin.ListTopics())[topic]
	ensure(!there, "the topic is still there")
}

func main() {
	admin := must(sarama.NewClusterAdmin(brokers, config()))
	for name, test := range map[string]func(sarama.ClusterAdmin){
		"codecs": eachCodec, "groups": groups, "transactions": transactions, "administration": administer} {
		started := time.Now()
		test(admin)
		fmt.Printf("%s: %v\n", name, time.Since(started).Round(time.Millisecond))
	}
	check(admin.Close())
	fmt.Println("all passed")
}
