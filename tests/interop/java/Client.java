// The scenario of ../lib.sh with Apache Kafka's own clients: KafkaProducer, KafkaConsumer and Admin.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Client {
  interface Step {
    void run() throws Exception;
  }

  static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
  static final ObjectMapper JSON = new ObjectMapper();
  static final TopicPartition TIMES = new TopicPartition("times", 0);
  static final ConfigResource GROWN = new ConfigResource(ConfigResource.Type.TOPIC, "grown");
  static String address, folder;
  static Admin admin;

  static void check(String name, Step step) {
    try {
      step.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      error.printStackTrace();
      System.out.println("not ok " + name + ": " + String.valueOf(error).replace('\n', ' '));
    }
  }

  static void same(Object wanted, Object got) {
    if (!Objects.equals(wanted, got)) throw new AssertionError("wanted " + wanted + ", got " + got);
  }

  static void failsWith(String name, Step step) throws Exception {
    try {
      step.run();
    } catch (Exception error) {
      Throwable cause = error.getCause() == null ? error : error.getCause();
      if (!cause.getClass().getSimpleName().equals(name)) throw error;
      return;
    }
    throw new AssertionError("no error, wanted " + name);
  }

  static <T> T wait(KafkaFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  static byte[] bytes(JsonNode text) {
    return text.isNull() ? null : Base64.getDecoder().decode(text.textValue());
  }

  static String text(byte[] data) {
    return data == null ? null : Base64.getEncoder().encodeToString(data);
  }

  static void produce(String topic, String codec, boolean idempotent) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", address, "compression.type", codec, "linger.ms", 100,
        "enable.idempotence", idempotent, "acks", "all", "delivery.timeout.ms", 20000, "request.timeout.ms", 10000);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (String line : Files.readAllLines(Path.of(folder, "theirs.jsonl"))) {
        JsonNode one = JSON.readTree(line);
        Integer partition = one.get("key").isNull() ? Integer.valueOf(one.get("partition").intValue()) : null;
        var record = new ProducerRecord<>(topic, partition, one.get("ts").longValue(), bytes(one.get("key")), bytes(one.get("value")));
        for (JsonNode pair : one.get("headers")) record.headers().add(pair.get(0).textValue(), bytes(pair.get(1)));
        sent.add(producer.send(record));
      }
      producer.flush();
      for (var future : sent) future.get(1, TimeUnit.SECONDS);
    }
  }

  static KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(Map.of("bootstrap.servers", address, "isolation.level", "read_committed"),
        new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static void consume(String topic) throws Exception {
    try (var consumer = consumer(); var file = new PrintWriter(folder + "/" + topic + ".read", StandardCharsets.UTF_8)) {
      List<TopicPartition> places =
          consumer.partitionsFor(topic).stream().map(info -> new TopicPartition(topic, info.partition())).toList();
      consumer.assign(places);
      consumer.seekToBeginning(places);
      Map<TopicPartition, Long> ends = consumer.endOffsets(places);
      while (places.stream().anyMatch(place -> consumer.position(place) < ends.get(place))) {
        for (var record : consumer.poll(Duration.ofSeconds(10))) {
          ObjectNode one = JSON.createObjectNode();
          one.put("partition", record.partition()).put("ts", record.timestamp());
          one.put("key", text(record.key())).put("value", text(record.value()));
          ArrayNode headers = one.putArray("headers");
          record.headers().forEach(header -> headers.addArray().add(header.key()).add(text(header.value())));
          file.println(JSON.writeValueAsString(one));
        }
      }
    }
  }

  static void cluster() throws Exception {
    var described = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
    same(List.of(1), wait(described.nodes()).stream().map(node -> node.id()).toList());
    same(1, wait(described.controller()).id());
    same(22, wait(described.clusterId()).length());
    var quorum = wait(admin.describeMetadataQuorum().quorumInfo());
    same(1, quorum.leaderId());
  }

  static void create(NewTopic... topics) throws Exception {
    wait(admin.createTopics(List.of(topics)).all());
  }

  static int partitionsOf(String topic) throws Exception {
    return wait(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().size();
  }

  static void createAll() throws Exception {
    for (String codec : CODECS) create(new NewTopic("theirs-" + codec, 3, (short) 1));
    create(new NewTopic("idempotent", 3, (short) 1), new NewTopic("doomed", Optional.empty(), Optional.empty()),
        new NewTopic("grown", 3, (short) 1).configs(Map.of("retention.ms", "3600000")));
    failsWith("TopicExistsException", () -> create(new NewTopic("grown", 3, (short) 1)));
    failsWith("InvalidConfigurationException",
        () -> create(new NewTopic("odd", 1, (short) 1).configs(Map.of("no.such.setting", "1"))));
    failsWith("InvalidReplicationFactorException", () -> create(new NewTopic("odd", 1, (short) 3)));
    failsWith("InvalidTopicException", () -> create(new NewTopic("no such name", 1, (short) 1)));
    same(3, partitionsOf("grown"));
  }

  static long offset(OffsetSpec spec) throws Exception {
    return wait(admin.listOffsets(Map.of(TIMES, spec)).all()).get(TIMES).offset();
  }

  static void times() throws Exception {
    try (var consumer = consumer()) {
      OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(TIMES, 1600000050500L)).get(TIMES);
      same("51 1600000051000", found.offset() + " " + found.timestamp());
      same(null, consumer.offsetsForTimes(Map.of(TIMES, 1700000000000L)).get(TIMES));
      same(0L, consumer.beginningOffsets(List.of(TIMES)).get(TIMES));
    }
    same(0L, offset(OffsetSpec.earliest()));
    same(100L, offset(OffsetSpec.latest()));
    same(99L, offset(OffsetSpec.maxTimestamp()));
    same(0L, offset(OffsetSpec.earliestLocal()));
    same(10L, offset(OffsetSpec.forTimestamp(1600000010000L)));
  }

  static String setting(ConfigResource resource, String name) throws Exception {
    return wait(admin.describeConfigs(List.of(resource)).all()).get(resource).get(name).value();
  }

  static void alter(AlterConfigOp.OpType type, String name, String value) throws Exception {
    Collection<AlterConfigOp> operations = List.of(new AlterConfigOp(new ConfigEntry(name, value), type));
    wait(admin.incrementalAlterConfigs(Map.of(GROWN, operations)).all());
  }

  static void configs() throws Exception {
    same("3600000", setting(GROWN, "retention.ms"));
    same("1", setting(new ConfigResource(ConfigResource.Type.BROKER, "1"), "node.id"));
    alter(AlterConfigOp.OpType.SET, "max.message.bytes", "2000000");
    same("2000000", setting(GROWN, "max.message.bytes"));
    alter(AlterConfigOp.OpType.DELETE, "max.message.bytes", "");
    same("1048588", setting(GROWN, "max.message.bytes"));
    failsWith("InvalidConfigurationException", () -> alter(AlterConfigOp.OpType.SET, "retention.ms", "no number"));
    alter(AlterConfigOp.OpType.SET, "retention.ms", "7200000");
    same("7200000", setting(GROWN, "retention.ms"));
  }

  static void grow() throws Exception {
    wait(admin.createPartitions(Map.of("grown", NewPartitions.increaseTo(5))).all());
    same(5, partitionsOf("grown"));
    failsWith("InvalidPartitionsException",
        () -> wait(admin.createPartitions(Map.of("grown", NewPartitions.increaseTo(5))).all()));
  }

  static void deleteRecords() throws Exception {
    var deleted = admin.deleteRecords(Map.of(TIMES, RecordsToDelete.beforeOffset(40)));
    same(40L, wait(deleted.lowWatermarks().get(TIMES)).lowWatermark());
    failsWith("OffsetOutOfRangeException", () -> wait(admin.deleteRecords(Map.of(TIMES, RecordsToDelete.beforeOffset(1000))).all()));
  }

  static void logDirs() throws Exception {
    var directories = wait(admin.describeLogDirs(List.of(1)).allDescriptions()).get(1);
    same(1, directories.size());
    var directory = directories.values().iterator().next();
    same(true, directory.replicaInfos().get(new TopicPartition("theirs-zstd", 2)).size() > 0);
    same(true, directory.totalBytes().getAsLong() > directory.usableBytes().getAsLong());
  }

  static void producers() throws Exception {
    var place = new TopicPartition("idempotent", 0);
    var states = wait(admin.describeProducers(List.of(place)).all()).get(place).activeProducers();
    same(1, states.size());
    same(true, states.get(0).lastSequence() >= 0);
  }

  static void deleteTopic() throws Exception {
    wait(admin.deleteTopics(List.of("doomed")).all());
    same(false, wait(admin.listTopics().names()).contains("doomed"));
    failsWith("UnknownTopicOrPartitionException", () -> wait(admin.deleteTopics(List.of("doomed")).all()));
  }

  public static void main(String[] arguments) throws Exception {
    address = arguments[0];
    folder = arguments[1];
    admin = Admin.create(Map.of("bootstrap.servers", address, "default.api.timeout.ms", 20000, "request.timeout.ms", 10000));
    check("describe cluster and quorum", Client::cluster);
    check("create topics", Client::createAll);
    for (String codec : CODECS) {
      check("produce " + codec, () -> produce("theirs-" + codec, codec, false));
      check("consume " + codec, () -> consume("theirs-" + codec));
      check("consume our " + codec, () -> consume("ours-" + codec));
    }
    check("produce idempotently", () -> produce("idempotent", "lz4", true));
    check("describe producers", Client::producers);
    check("offsets by time", Client::times);
    check("describe and alter settings", Client::configs);
    check("create partitions", Client::grow);
    check("delete records", Client::deleteRecords);
    check("describe log dirs", Client::logDirs);
    check("delete a topic", Client::deleteTopic);
    check("reassignments: none", () -> same(Map.of(), wait(admin.listPartitionReassignments().reassignments())));
    admin.close(Duration.ofSeconds(5));
  }
}
