// Prints control-batches.json: control batches, and a batch of a transaction, as Kafka 4.4.0 writes them.
// java -cp "$HOME/.cache/kafka-wire/4.4.0/*" ControlBatches.java > control-batches.json

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;

public class ControlBatches {
  static final List<String> lines = new ArrayList<>();

  public static void main(String[] args) {
    for (ControlRecordType type : new ControlRecordType[] {ControlRecordType.ABORT, ControlRecordType.COMMIT}) {
      EndTransactionMarker marker = new EndTransactionMarker(type, 17);
      add(type.name(), MemoryRecords.withEndTransactionMarker(42, 1_700_000_000_000L, 5, 4_000_000_000_000L, (short) 3, marker));
    }
    ByteBuffer buffer = ByteBuffer.allocate(1024);
    LeaderChangeMessage change = new LeaderChangeMessage().setLeaderId(1).setVoters(List.of(new LeaderChangeMessage.Voter().setVoterId(1)));
    add("LEADER_CHANGE", MemoryRecords.withLeaderChangeMessage(1, 2, 3, buffer, change));
    add("SNAPSHOT_HEADER", MemoryRecords.withSnapshotHeaderRecord(1, 2, 3, ByteBuffer.allocate(1024), new SnapshotHeaderRecord()));
    add("SNAPSHOT_FOOTER", MemoryRecords.withSnapshotFooterRecord(1, 2, 3, ByteBuffer.allocate(1024), new SnapshotFooterRecord()));
    add("KRAFT_VERSION", MemoryRecords.withKRaftVersionRecord(1, 2, 3, ByteBuffer.allocate(1024), new KRaftVersionRecord()));
    add("KRAFT_VOTERS", MemoryRecords.withVotersRecord(1, 2, 3, ByteBuffer.allocate(1024), new VotersRecord()));
    MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), (byte) 2, Compression.NONE, TimestampType.CREATE_TIME, 0, -1, 4_000_000_000_000L, (short) 3, 8, true, -1);
    builder.append(1_700_000_000_000L, "k".getBytes(), "v".getBytes());
    add("TRANSACTIONAL", builder.build());
    System.out.println("{\n" + String.join(",\n", lines) + "\n}");
  }

  static void add(String name, MemoryRecords records) {
    ByteBuffer written = records.buffer().duplicate();
    byte[] bytes = new byte[written.remaining()];
    written.get(bytes);
    lines.add(String.format("  \"%s\": \"%s\"", name, Base64.getEncoder().encodeToString(bytes)));
  }
}
