import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HexFormat;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

/**
 * Reads keys, one a line in hexadecimal digits; prints for each its hash, and the partitions that Java's producer picks
 * for it in topics with 1, 2, 3 … 100 partitions.
 */
public class PartitionVectors {
    private static final int MOST_PARTITIONS = 100;

    public static void main(String[] args) throws IOException {
        BufferedReader keys = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder out = new StringBuilder();
        for (String line = keys.readLine(); line != null; line = keys.readLine()) {
            byte[] key = HexFormat.of().parseHex(line);
            out.append(Utils.murmur2(key));
            for (int count = 1; count <= MOST_PARTITIONS; count++) {
                out.append(' ').append(BuiltInPartitioner.partitionForKey(key, count));
            }
            out.append('\n');
        }
        System.out.print(out);
    }
}
