import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;

/** Prints sticky-user-data.json: java -cp '<jars of Kafka 4.3.1>/*' StickyUserData.java > sticky-user-data.json */
public class StickyUserData {
    private static final List<List<TopicPartition>> ASSIGNMENTS = List.of(
        List.of(),
        List.of(new TopicPartition("rides", 0)),
        List.of(
            new TopicPartition("rides", 0),
            new TopicPartition("rides", 5),
            new TopicPartition("Straße", Integer.MAX_VALUE)));

    private static final int[] GENERATIONS = {-1, 0, 7, Integer.MAX_VALUE};

    public static void main(String[] args) throws Exception {
        List<String> sticky = new ArrayList<>();
        List<String> cooperative = new ArrayList<>();
        for (int generation : GENERATIONS) {
            cooperative.add(String.format("{ \"generation\": %d, \"hex\": \"%s\" }",
                generation, userData(new CooperativeStickyAssignor(), List.of(), generation)));
            for (List<TopicPartition> partitions : ASSIGNMENTS) {
                sticky.add(line(1, partitions, generation, userData(new StickyAssignor(), partitions, generation)));
            }
        }
        for (List<TopicPartition> partitions : ASSIGNMENTS) sticky.add(line(0, partitions, -1, version0(partitions)));
        System.out.printf("{%n  \"sticky\": [%n    %s%n  ],%n  \"cooperativeSticky\": [%n    %s%n  ]%n}%n",
            String.join(",\n    ", sticky), String.join(",\n    ", cooperative));
    }

    private static String line(int version, List<TopicPartition> partitions, int generation, String hex) {
        List<String> names = partitions.stream().map(each -> "\"" + each + "\"").toList();
        return String.format("{ \"version\": %d, \"partitions\": %s, \"generation\": %d, \"hex\": \"%s\" }",
            version, names, generation, hex);
    }

    /** What the assignor of a member that has this assignment sends along when the member joins again. */
    @SuppressWarnings("removal")
    private static String userData(ConsumerPartitionAssignor assignor, List<TopicPartition> partitions, int generation) {
        assignor.onAssignment(new Assignment(partitions), new ConsumerGroupMetadata("g", generation, "m", Optional.empty()));
        return hex(assignor.subscriptionUserData(Set.of("rides")));
    }

    /** No assignor writes version 0 any more: its schema is still there to read it. */
    private static String version0(List<TopicPartition> partitions) throws Exception {
        Struct struct = new Struct(schema("STICKY_ASSIGNOR_USER_DATA_V0"));
        List<Struct> topics = new ArrayList<>();
        for (String topic : partitions.stream().map(TopicPartition::topic).distinct().sorted().toList()) {
            Object[] ofTopic = partitions.stream().filter(each -> each.topic().equals(topic))
                .map(TopicPartition::partition).toArray();
            topics.add(new Struct(schema("TOPIC_ASSIGNMENT")).set("topic", topic).set("partitions", ofTopic));
        }
        struct.set("previous_assignment", topics.toArray());
        ByteBuffer buffer = ByteBuffer.allocate(struct.sizeOf());
        struct.writeTo(buffer);
        return hex(buffer.flip());
    }

    private static Schema schema(String name) throws Exception {
        var field = StickyAssignor.class.getDeclaredField(name);
        field.setAccessible(true);
        return (Schema) field.get(null);
    }

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
