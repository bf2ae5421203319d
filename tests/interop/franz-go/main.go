// The scenario of ../lib.sh with franz-go: kgo produces and consumes, kadm does the rest.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	address, folder = os.Args[1], os.Args[2]
	codecs          = []string{"none", "gzip", "snappy", "lz4", "zstd"}
	compression     = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
)

// A record as records.py writes it; encoding/json has base64 for []byte, and null for a nil one.
type record struct {
	Partition int32    `json:"partition"`
	Ts        int64    `json:"ts"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
}
type header [2]json.RawMessage

func check(name string, step func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := step(ctx); err != nil {
		fmt.Printf("not ok %s: %.300v\n", name, err)
		return
	}
	fmt.Println("ok", name)
}

func same[T comparable](wanted, got T) error {
	if wanted != got {
		return fmt.Errorf("wanted %v, got %v", wanted, got)
	}
	return nil
}

func failsWith(wanted, got error) error {
	if !errors.Is(got, wanted) {
		return fmt.Errorf("wanted the error %v, got %v", wanted, got)
	}
	return nil
}

func client(options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append(options, kgo.SeedBrokers(address))...)
	if err != nil {
		panic(err)
	}
	return made
}

func readRecords() (records []*kgo.Record, err error) {
	file, err := os.Open(folder + "/theirs.jsonl")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var one record
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, err
		}
		made := &kgo.Record{Partition: one.Partition, Timestamp: time.UnixMilli(one.Ts), Key: one.Key, Value: one.Value}
		for _, pair := range one.Headers {
			var head kgo.RecordHeader
			if err := errors.Join(json.Unmarshal(pair[0], &head.Key), json.Unmarshal(pair[1], &head.Value)); err != nil {
				return nil, err
			}
			made.Headers = append(made.Headers, head)
		}
		records = append(records, made)
	}
	return records, lines.Err()
}

// byKeyOrPlace puts records with a key where Kafka's own partitioner does, and the others where they say.
func byKeyOrPlace() kgo.Partitioner {
	byKey := kgo.StickyKeyPartitioner(nil)
	return kgo.BasicConsistentPartitioner(func(topic string) func(*kgo.Record, int) int {
		keyed := byKey.ForTopic(topic)
		return func(r *kgo.Record, n int) int {
			if r.Key == nil {
				return int(r.Partition)
			}
			return keyed.Partition(r, n)
		}
	})
}

func produce(topic, codec string, options ...kgo.Opt) func(context.Context) error {
	return func(ctx context.Context) error {
		records, err := readRecords()
		if err != nil {
			return err
		}
		producer := client(append(options, kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(compression[codec]),
			kgo.RecordPartitioner(byKeyOrPlace()), kgo.ProducerLinger(100*time.Millisecond))...)
		defer producer.Close()
		return producer.ProduceSync(ctx, records...).FirstErr()
	}
}

func consume(topic string) func(context.Context) error {
	return func(ctx context.Context) error {
		admin := kadm.NewClient(client())
		defer admin.Close()
		ends, err := admin.ListEndOffsets(ctx, topic)
		if err != nil {
			return err
		}
		left, starts := int64(0), map[int32]kgo.Offset{}
		ends.Each(func(end kadm.ListedOffset) {
			left += end.Offset
			starts[end.Partition] = kgo.NewOffset().AtStart()
		})
		consumer := client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts}))
		defer consumer.Close()
		file, err := os.Create(folder + "/" + topic + ".read")
		if err != nil {
			return err
		}
		defer file.Close()
		out := json.NewEncoder(file)
		for left > 0 {
			fetches := consumer.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				return fmt.Errorf("%d records did not come: %w", left, err)
			}
			fetches.EachRecord(func(r *kgo.Record) {
				left--
				one := record{r.Partition, r.Timestamp.UnixMilli(), r.Key, r.Value, []header{}}
				for _, head := range r.Headers {
					key, _ := json.Marshal(head.Key)
					value, _ := json.Marshal(head.Value)
					one.Headers = append(one.Headers, header{key, value})
				}
				err = errors.Join(err, out.Encode(one))
			})
		}
		return err
	}
}

func main() {
	admin := kadm.NewClient(client())
	defer admin.Close()
	check("describe cluster", func(ctx context.Context) error {
		found, err := admin.BrokerMetadata(ctx)
		return errors.Join(err, same(1, len(found.Brokers)), same(1, found.Controller), same(22, len(found.Cluster)))
	})
	check("create topics", func(ctx context.Context) error { return create(ctx, admin) })
	for _, codec := range codecs {
		check("produce "+codec, produce("theirs-"+codec, codec, kgo.DisableIdempotentWrite()))
		check("consume "+codec, consume("theirs-"+codec))
		check("consume our "+codec, consume("ours-"+codec))
	}
	check("produce idempotently", produce("idempotent", "lz4"))
	check("offsets by time", func(ctx context.Context) error { return times(ctx, admin) })
	check("describe and alter settings", func(ctx context.Context) error { return settings(ctx, admin) })
	check("create partitions", func(ctx context.Context) error {
		grown, err := admin.UpdatePartitions(ctx, 5, "grown")
		return errors.Join(err, grown.Error(), same(5, partitionsOf(ctx, admin, "grown")))
	})
	check("delete records", func(ctx context.Context) error { return deleteRecords(ctx, admin) })
	check("describe log dirs", func(ctx context.Context) error { return logDirs(ctx, admin) })
	check("delete a topic", func(ctx context.Context) error {
		_, err := admin.DeleteTopic(ctx, "doomed")
		_, again := admin.DeleteTopic(ctx, "doomed")
		names, listing := admin.ListTopics(ctx)
		return errors.Join(err, failsWith(kerr.UnknownTopicOrPartition, again), listing, same(false, names.Has("doomed")))
	})
	check("a group, cooperative-sticky", groups(admin, "franz-sticky"))
	check("a group, range", groups(admin, "franz-range", kgo.Balancers(kgo.RangeBalancer())))
	check("a group of the new protocol", groups(admin, "franz-new", kgo.ServerSideBalancer()))
}

func partitionsOf(ctx context.Context, admin *kadm.Client, topic string) int {
	listed, _ := admin.ListTopics(ctx, topic)
	return len(listed[topic].Partitions)
}

func create(ctx context.Context, admin *kadm.Client) error {
	var all error
	for _, codec := range codecs {
		_, err := admin.CreateTopic(ctx, 3, 1, nil, "theirs-"+codec)
		all = errors.Join(all, err)
	}
	for topic, count := range map[string]int32{"idempotent": 3, "doomed": 1} {
		_, err := admin.CreateTopic(ctx, count, -1, nil, topic)
		all = errors.Join(all, err)
	}
	retention := "3600000"
	_, err := admin.CreateTopic(ctx, 3, 1, map[string]*string{"retention.ms": &retention}, "grown")
	_, twice := admin.CreateTopic(ctx, 3, 1, nil, "grown")
	_, odd := admin.CreateTopic(ctx, 1, 1, map[string]*string{"no.such.setting": &retention}, "odd")
	_, wide := admin.CreateTopic(ctx, 1, 3, nil, "odd")
	return errors.Join(all, err, failsWith(kerr.TopicAlreadyExists, twice), failsWith(kerr.InvalidConfig, odd),
		failsWith(kerr.InvalidReplicationFactor, wide), same(3, partitionsOf(ctx, admin, "grown")))
}

func times(ctx context.Context, admin *kadm.Client) error {
	offset := func(listed kadm.ListedOffsets, err error) int64 {
		found, _ := listed.Lookup("times", 0)
		if err = errors.Join(err, found.Err); err != nil {
			return -100
		}
		return found.Offset
	}
	return errors.Join(
		same(51, offset(admin.ListOffsetsAfterMilli(ctx, 1600000050500, "times"))),
		same(100, offset(admin.ListOffsetsAfterMilli(ctx, 1700000000000, "times"))), // kadm asks for the end itself then
		same(0, offset(admin.ListStartOffsets(ctx, "times"))),
		same(100, offset(admin.ListEndOffsets(ctx, "times"))),
		same(99, offset(admin.ListMaxTimestampOffsets(ctx, "times"))),
		same(100, offset(admin.ListCommittedOffsets(ctx, "times"))))
}

func setting(ctx context.Context, admin *kadm.Client, name string) string {
	described, err := admin.DescribeTopicConfigs(ctx, "grown")
	if err != nil {
		return err.Error()
	}
	for _, one := range described[0].Configs {
		if one.Key == name {
			return one.MaybeValue()
		}
	}
	return "not there"
}

func settings(ctx context.Context, admin *kadm.Client) error {
	alter := func(op kadm.IncrementalOp, name, value string) error {
		altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: op, Name: name, Value: &value}}, "grown")
		if err != nil {
			return err
		}
		return altered[0].Err
	}
	all := errors.Join(same("3600000", setting(ctx, admin, "retention.ms")),
		alter(kadm.SetConfig, "max.message.bytes", "2000000"), same("2000000", setting(ctx, admin, "max.message.bytes")),
		alter(kadm.DeleteConfig, "max.message.bytes", ""), same("1048588", setting(ctx, admin, "max.message.bytes")),
		failsWith(kerr.InvalidConfig, alter(kadm.SetConfig, "retention.ms", "no number")))
	value := "7200000"
	_, err := admin.AlterTopicConfigsState(ctx, []kadm.AlterConfig{{Name: "retention.ms", Value: &value}}, "grown")
	brokers, brokersErr := admin.DescribeBrokerConfigs(ctx, 1)
	if brokersErr == nil && !slices.ContainsFunc(brokers[0].Configs, func(one kadm.Config) bool {
		return one.Key == "node.id" && one.MaybeValue() == "1"
	}) {
		brokersErr = errors.New("the broker does not tell its node.id")
	}
	return errors.Join(all, err, same(value, setting(ctx, admin, "retention.ms")), brokersErr)
}

func deleteRecords(ctx context.Context, admin *kadm.Client) error {
	del := func(offset int64) (kadm.DeleteRecordsResponse, error) {
		var upTo kadm.Offsets
		upTo.AddOffset("times", 0, offset, -1)
		deleted, err := admin.DeleteRecords(ctx, upTo)
		one, _ := deleted.Lookup("times", 0)
		return one, errors.Join(err, one.Err)
	}
	done, err := del(40)
	_, beyond := del(1000)
	return errors.Join(err, same(40, done.LowWatermark), failsWith(kerr.OffsetOutOfRange, beyond))
}

func logDirs(ctx context.Context, admin *kadm.Client) error {
	dirs, err := admin.DescribeAllLogDirs(ctx, nil)
	if err != nil {
		return err
	}
	sizes := 0
	dirs.Each(func(dir kadm.DescribedLogDir) {
		err = errors.Join(err, dir.Err)
		dir.Topics.Each(func(one kadm.DescribedLogDirPartition) {
			if strings.HasPrefix(one.Topic, "theirs-") && one.Size > 0 {
				sizes++
			}
		})
	})
	return errors.Join(err, same(15, sizes))
}
