// franz-go against a broker: kgo HOST:PORT. Prints "all passed" when everything holds.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	broker = os.Args[1]
	serial = 0
	ctx    context.Context
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
	return fmt.Sprintf("kgo-%s-%d-%d-%d", name, os.Getpid(), time.Now().UnixNano(), serial)
}

func client(options ...kgo.Opt) *kgo.Client {
	return must(kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(broker)}, options...)...))
}

func makeTopic(admin *kadm.Client, partitions int32) string {
	topic := unique("topic")
	must(admin.CreateTopic(ctx, partitions, 1, nil, topic))
	return topic
}

// values reads count records and returns their values, sorted.
func values(reader *kgo.Client, count int) []string {
	var read []string
	for len(read) < count {
		fetches := reader.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) { read = append(read, string(record.Value)) })
	}
	slices.Sort(read)
	return read
}

func numbered(prefix string, count int) []string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf("%s%04d", prefix, i))
	}
	return all
}

func send(producer *kgo.Client, topic string, all []string) {
	var records []*kgo.Record
	for _, value := range all {
		records = append(records, &kgo.Record{Topic: topic, Key: []byte(value), Value: []byte(value),
			Headers: []kgo.RecordHeader{{Key: "n", Value: []byte(value)}}})
	}
	check(producer.ProduceSync(ctx, records...).FirstErr())
}

func eachCodec(admin *kadm.Client) {
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(),
		kgo.Lz4Compression(), kgo.ZstdCompression()} {
		topic := makeTopic(admin, 3)
		producer := client(kgo.ProducerBatchCompression(codec))
		send(producer, topic, numbered("v", 500))
		producer.Close()
		reader := client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		ensure(slices.Equal(values(reader, 500), numbered("v", 500)), "records of codec %v differ", codec)
		reader.Close()
	}
}

// groups: two members share four partitions, commit, and one goes on where both were.
func groups(admin *kadm.Client, balancer kgo.GroupBalancer) {
	topic, group := makeTopic(admin, 4), unique("group")
	producer := client(kgo.DefaultProduceTopic(topic))
	defer producer.Close()
	member := func() *kgo.Client {
		return client(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.Balancers(balancer), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(300*time.Millisecond),
			kgo.SessionTimeout(10*time.Second))
	}
	first, second := member(), member()
	owned := func(of *kgo.Client) int {
		polling, stop := context.WithTimeout(ctx, 200*time.Millisecond)
		defer stop()
		of.PollFetches(polling)
		count := 0
		described := must(admin.DescribeGroups(ctx, group))[group]
		for _, its := range described.Members {
			id, _ := of.GroupMetadata()
			if its.MemberID == id {
				if assigned, ok := its.Assigned.AsConsumer(); ok {
					for _, one := range assigned.Topics {
						count += len(one.Partitions)
					}
				}
			}
		}
		return count
	}
	for owned(first) != 2 || owned(second) != 2 {
		ensure(ctx.Err() == nil, "two members never shared the partitions")
	}
	send(producer, topic, numbered("v", 200))
	read := map[string]bool{}
	for len(read) < 200 {
		for _, its := range []*kgo.Client{first, second} {
			polling, stop := context.WithTimeout(ctx, 200*time.Millisecond)
			its.PollFetches(polling).EachRecord(func(record *kgo.Record) { read[string(record.Value)] = true })
			stop()
			check(its.CommitUncommittedOffsets(ctx))
		}
		ensure(ctx.Err() == nil, "%d of 200 records", len(read))
	}
	second.Close()
	lags := must(admin.Lag(ctx, group))[group]
	ensure(lags.Lag.Total() == 0, "the group lags by %d", lags.Lag.Total())
	send(producer, topic, numbered("w", 100))
	for len(read) < 300 { // what was polled before the other's partitions came may come again
		fetches := first.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) { read[string(record.Value)] = true })
	}
	check(first.CommitUncommittedOffsets(ctx))
	first.Close()
	for must(admin.DescribeGroups(ctx, group))[group].State != "Empty" {
		time.Sleep(50 * time.Millisecond)
	}
	must(admin.DeleteGroups(ctx, group))
}

func transactions(admin *kadm.Client) {
	topic, id := makeTopic(admin, 2), unique("id")
	producer := client(kgo.TransactionalID(id), kgo.DefaultProduceTopic(topic))
	var expected []string
	for round := range 6 {
		check(producer.BeginTransaction())
		all := numbered(fmt.Sprintf("%d-", round), 20)
		send(producer, topic, all)
		check(producer.EndTransaction(ctx, kgo.TransactionEndTry(round%2 == 0)))
		if round%2 == 0 {
			expected = append(expected, all...)
		}
	}
	reader := client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer reader.Close()
	ensure(slices.Equal(values(reader, len(expected)), expected), "committed records differ")
	described := must(admin.DescribeTransactions(ctx, id))[id]
	ensure(described.State == "CompleteAbort", "the transaction is %s", described.State)
	successor := client(kgo.TransactionalID(id), kgo.DefaultProduceTopic(topic))
	check(successor.BeginTransaction())
	send(successor, topic, []string{"successor"})
	check(successor.EndTransaction(ctx, kgo.TryCommit))
	successor.Close()
	check(producer.BeginTransaction())
	err := producer.ProduceSync(ctx, kgo.StringRecord("zombie")).FirstErr()
	if err == nil {
		err = producer.EndTransaction(ctx, kgo.TryCommit)
	}
	ensure(errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch), "the zombie got %v", err)
	producer.CloseAllowingRebalance()
	ensure(values(reader, 1)[0] == "successor", "something else was committed")
}

// exactlyOnce copies a topic by consume-transform-produce sessions.
func exactlyOnce(admin *kadm.Client) {
	source, target, group := makeTopic(admin, 2), makeTopic(admin, 2), unique("group")
	producer := client()
	send(producer, source, numbered("v", 300))
	producer.Close()
	session := must(kgo.NewGroupTransactSession(kgo.SeedBrokers(broker), kgo.TransactionalID(unique("id")),
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(source), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxPartitionBytes(2000), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.RequireStableFetchOffsets()))
	for copied, round := 0, 0; copied < 300; round++ {
		fetches := session.PollRecords(ctx, 40)
		check(fetches.Err())
		check(session.Begin())
		count := 0
		fetches.EachRecord(func(record *kgo.Record) {
			count++
			session.Produce(ctx, &kgo.Record{Topic: target, Value: record.Value}, nil)
		})
		if committed := must(session.End(ctx, kgo.TransactionEndTry(round%3 != 1))); committed {
			copied += count
		}
	}
	session.Close()
	reader := client(kgo.ConsumeTopics(target), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer reader.Close()
	ensure(slices.Equal(values(reader, 300), numbered("v", 300)), "the copy differs")
	lags := must(admin.Lag(ctx, group))[group]
	ensure(lags.Lag.Total() == 0, "the group lags by %d", lags.Lag.Total())
}

func administer(admin *kadm.Client) {
	topic := unique("admin")
	retention := "60000"
	must(admin.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": &retention}, topic))
	_, err := admin.CreateTopic(ctx, 2, 1, nil, topic)
	ensure(errors.Is(err, kerr.TopicAlreadyExists), "made twice: %v", err)
	check(must(admin.UpdatePartitions(ctx, 5, topic)).Error())
	ensure(len(must(admin.ListTopics(ctx, topic))[topic].Partitions) == 5, "there are not five partitions")
	check(must(admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "segment.ms", Value: &retention}}, topic))[0].Err)
	configs := must(must(admin.DescribeTopicConfigs(ctx, topic)).On(topic, nil))
	set := 0
	for _, config := range configs.Configs {
		if (config.Key == "retention.ms" || config.Key == "segment.ms") && config.MaybeValue() == retention {
			set++
		}
	}
	ensure(set == 2, "%d of 2 settings were kept", set)
	producer := client(kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	send(producer, topic, numbered("v", 50))
	producer.Close()
	ends := must(admin.ListEndOffsets(ctx, topic))
	end, _ := ends.Lookup(topic, 0)
	ensure(end.Offset == 50, "partition 0 ends at %d", end.Offset)
	check(must(admin.DeleteRecords(ctx, kadm.Offsets{topic: {0: {Topic: topic, Partition: 0, At: 20}}})).Error())
	start, _ := must(admin.ListStartOffsets(ctx, topic)).Lookup(topic, 0)
	ensure(start.Offset == 20, "partition 0 begins at %d", start.Offset)
	metadata := must(admin.BrokerMetadata(ctx))
	ensure(len(metadata.Brokers) == 1 && metadata.Controller == metadata.Brokers[0].NodeID, "one broker controls")
	dirs := must(admin.DescribeAllLogDirs(ctx, nil))
	ensure(len(dirs) == 1 && dirs[metadata.Controller].Error() == nil, "one broker tells its folders of logs")
	must(admin.DeleteTopics(ctx, topic))
	ensure(!must(admin.ListTopics(ctx)).Has(topic), "the topic is still there")
}

func main() {
	var stop context.CancelFunc
	ctx, stop = context.WithTimeout(context.Background(), 4*time.Minute)
	defer stop()
	admin := kadm.NewClient(client())
	for name, test := range map[string]func(){
		"codecs":              func() { eachCodec(admin) },
		"groups, eager":       func() { groups(admin, kgo.RangeBalancer()) },
		"groups, incremental": func() { groups(admin, kgo.CooperativeStickyBalancer()) },
		"transactions":        func() { transactions(admin) },
		"exactly once":        func() { exactlyOnce(admin) },
		"administration":      func() { administer(admin) },
	} {
		started := time.Now()
		test()
		fmt.Printf("%s: %v\n", name, time.Since(started).Round(time.Millisecond))
	}
	fmt.Println("all passed")
}
