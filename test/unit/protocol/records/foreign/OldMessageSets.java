// Prints old-message-sets.json: message sets of formats 0 and 1 as Kafka 2.8.2 writes them, with what it reads of them.
// java -cp "$HOME/.cache/kafka-wire/2.8.2/*" OldMessageSets.java > old-message-sets.json

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.TimestampType;

public class OldMessageSets {
  public static void main(String[] args) {
    List<String> lines = new ArrayList<>();
    for (byte magic = 0; magic <= 1; magic++) {
      for (CompressionType type : CompressionType.values()) {
        if (type == CompressionType.ZSTD) continue;
        lines.add(set(magic, type, TimestampType.CREATE_TIME, 100, 1));
        // What compaction leaves.
        lines.add(set(magic, type, TimestampType.CREATE_TIME, 7_000_000_000L, 3));
        if (magic == 1) lines.add(set(magic, type, TimestampType.LOG_APPEND_TIME, 0, 1));
      }
    }
    System.out.println("[\n" + String.join(",\n", lines) + "\n]");
  }

  static String set(byte magic, CompressionType type, TimestampType time, long base, int step) {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    TimestampType own = magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : time;
    MemoryRecordsBuilder builder = MemoryRecords.builder(buffer, magic, type, own, base, 1_500_000_009_000L);
    String[] keys = {"k1", null, "", "k4", "k5"};
    String[] values = {"one", "two", null, "wörter ".repeat(40), ""};
    for (int i = 0; i < keys.length; i++) {
      long timestamp = magic == 0 ? RecordBatch.NO_TIMESTAMP : 1_500_000_000_000L + (i * 7919L) % 5000;
      builder.appendWithOffset(base + (long) i * step, timestamp, bytes(keys[i]), bytes(values[i]));
    }
    MemoryRecords records = builder.build();
    ByteBuffer written = records.buffer().duplicate();
    byte[] set = new byte[written.remaining()];
    written.get(set);
    List<String> read = new ArrayList<>();
    for (RecordBatch batch : records.batches()) {
      batch.ensureValid();
      for (Record record : batch) {
        record.ensureValid();
        read.add(String.format("[%d, %d, %s, %s]", record.offset(), record.timestamp(), text(record.key()), text(record.value())));
      }
    }
    String head = "{\n  \"magic\": %d,\n  \"compression\": \"%s\",\n  \"timestampType\": \"%s\",\n";
    return String.format(head + "  \"bytes\": \"%s\",\n  \"read\": [%s]\n}", magic, type.name, time == TimestampType.CREATE_TIME ? "CreateTime" : "LogAppendTime",
        Base64.getEncoder().encodeToString(set), String.join(", ", read));
  }

  static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  static String text(ByteBuffer buffer) {
    return buffer == null ? "null" : '"' + java.nio.charset.StandardCharsets.UTF_8.decode(buffer).toString() + '"';
  }
}
