import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/**
 * Says what Kafka's own classes write and read. One line of JSON in, one line out, until the input ends. Bytes are base64,
 * longs are JSON numbers of all their digits.
 */
public class Referee {
    static final JsonMapper JSON = JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();
    static final Base64.Encoder TO_TEXT = Base64.getEncoder();
    static final Base64.Decoder FROM_TEXT = Base64.getDecoder();

    public static void main(String[] args) throws Exception {
        JSON.getFactory().setStreamReadConstraints(StreamReadConstraints.builder().maxStringLength(1 << 28).build());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        Writer out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            ObjectNode answer;
            try {
                answer = answer(JSON.readTree(line));
            } catch (Throwable error) {
                answer = JSON.createObjectNode().put("failed", describe(error));
            }
            out.write(JSON.writeValueAsString(answer));
            out.write('\n');
            out.flush();
        }
    }

    static ObjectNode answer(JsonNode request) throws Exception {
        ObjectNode answer = JSON.createObjectNode();
        switch (request.get("op").asText()) {
            case "messages": {
                Definition definition = Definition.of(request.get("message").asText());
                return answerEach(request, answer, (v, question, result) -> compare(definition, v, question, result));
            }
            case "alterations": {
                Definition definition = Definition.of(request.get("message").asText());
                return answerEach(request, answer, (v, question, result) -> alter(definition, v, question, result));
            }
            case "schemas": {
                String name = request.get("message").asText();
                return answerEach(request, answer, (v, question, result) -> compareBySchema(schema(name, v), question, result));
            }
            case "defaults": answer.set("defaults", defaults(Definition.of(request.get("message").asText()).data)); return answer;
            case "writeBatches": return answer.put("bytes", text(writeBatches(request.get("batches"))));
            case "readBatches": answer.set("batches", readBatches(bytes(request.get("bytes")))); return answer;
            case "errors": answer.set("errors", errors()); return answer;
            default: throw new IllegalArgumentException(request.get("op").asText());
        }
    }

    /** The error codes that brokers answer with, but not the one for success. */
    static ArrayNode errors() {
        ArrayNode list = JSON.createArrayNode();
        for (Errors error : Errors.values()) {
            if (error == Errors.NONE) continue;
            boolean retriable = error.exception() instanceof RetriableException;
            list.addObject().put("name", error.name()).put("code", error.code()).put("retriable", retriable);
        }
        return list;
    }

    // ---- messages

    interface Judge {
        void judge(short version, JsonNode question, ObjectNode result) throws Exception;
    }

    static ObjectNode answerEach(JsonNode request, ObjectNode answer, Judge judge) throws Exception {
        short version = (short) request.get("version").asInt();
        ArrayNode results = answer.putArray("results");
        for (JsonNode question : request.get("cases")) {
            ObjectNode result = results.addObject();
            try {
                judge.judge(version, question, result);
            } catch (Throwable error) {
                result.put("failed", describe(error));
            }
        }
        return answer;
    }

    /** Writes the value, once more with unknown tagged fields, and reads what the other side has written. */
    static void compare(Definition definition, short version, JsonNode question, ObjectNode result) throws Exception {
        JsonNode value = question.get("value");
        byte[] theirs = question.has("bytes") ? bytes(question.get("bytes")) : null;
        byte[] ours = write(definition.fromJson(value, version), version);
        // What is equal need not travel back.
        if (!Arrays.equals(ours, theirs)) result.put("bytes", text(ours));
        if (theirs != null) {
            String read;
            try {
                read = readDiffers(definition, version, theirs, value);
            } catch (Throwable error) {
                read = describe(error);
            }
            if (read != null) result.put("readDiffers", read);
        }
        if (question.has("tagSeed")) {
            Message message = definition.fromJson(value, version);
            addUnknownTags(message, value, new Random(question.get("tagSeed").asLong()), true);
            result.put("tagged", text(write(message, version)));
        }
    }

    static String readDiffers(Definition definition, short version, byte[] theirs, JsonNode value) throws Exception {
        ByteBufferAccessor readable = new ByteBufferAccessor(ByteBuffer.wrap(theirs));
        Message message = definition.empty();
        message.read(readable, version);
        if (readable.remaining() > 0) return readable.remaining() + " bytes are left over";
        JsonNode read = definition.toJson(message, version);
        putRecords(read, message);
        return read.equals(SAME, value) ? null : JSON.writeValueAsString(read);
    }

    /** Changes one field of a value behind the back of the JSON, which cannot say everything, and tries to write it. */
    static void alter(Definition definition, short version, JsonNode question, ObjectNode result) throws Exception {
        Message message = definition.fromJson(question.get("value"), version);
        Object target = message;
        JsonNode path = question.get("path");
        for (int i = 0; i < path.size() - 1; i++) {
            JsonNode step = path.get(i);
            if (step.isInt()) {
                Iterator<?> elements = ((Collection<?>) target).iterator();
                for (int skipped = 0; skipped < step.asInt(); skipped++) elements.next();
                target = elements.next();
            } else target = get(target, step.asText());
        }
        set(target, path.get(path.size() - 1).asText(), question.get("replacement"));
        try {
            result.put("bytes", text(write(message, version)));
        } catch (RuntimeException error) {
            result.put("refused", describe(error));
        }
    }

    static byte[] write(Message message, short version) {
        return array(MessageUtil.toByteBufferAccessor(message, version).buffer());
    }

    /** The generated classes of one message. */
    static final class Definition {
        private static final Map<String, Definition> KNOWN = new HashMap<>();
        private final Class<?> data;
        private final Method read;
        private final Method write;

        static Definition of(String name) throws Exception {
            Definition known = KNOWN.get(name);
            if (known == null) KNOWN.put(name, known = new Definition("org.apache.kafka.common.message." + name));
            return known;
        }

        private Definition(String name) throws Exception {
            Class<?> found;
            try {
                found = Class.forName(name + "Data");
            } catch (ClassNotFoundException e) {
                // What is neither request, response nor header has the plain name.
                found = Class.forName(name);
            }
            data = found;
            Class<?> converter = Class.forName(data.getName() + "JsonConverter");
            read = converter.getMethod("read", JsonNode.class, short.class);
            write = converter.getMethod("write", data, short.class, boolean.class);
        }

        Message empty() throws Exception {
            return (Message) data.getConstructor().newInstance();
        }

        Message fromJson(JsonNode json, short version) throws Exception {
            return (Message) invoke(read, null, json, version);
        }

        JsonNode toJson(Message message, short version) throws Exception {
            return (JsonNode) invoke(write, null, message, version, true);
        }
    }

    /** Numbers by their value, whatever type Jackson keeps them in, and bytes by their text. */
    static final Comparator<JsonNode> SAME = (a, b) -> {
        if (a.isIntegralNumber() && b.isIntegralNumber()) return Long.compare(a.longValue(), b.longValue());
        if (a.isDouble() && b.isDouble()) return Double.compare(a.doubleValue(), b.doubleValue());
        if (a.isBinary() || b.isBinary()) return a.asText().equals(b.asText()) ? 0 : 1;
        return a.equals(b) ? 0 : 1;
    };

    /** Kafka's JSON says of records only that there are some: puts in what they are. */
    static void putRecords(JsonNode json, Object struct) throws Exception {
        Iterator<Map.Entry<String, JsonNode>> entries = json.fields();
        while (entries.hasNext()) {
            Map.Entry<String, JsonNode> entry = entries.next();
            JsonNode child = entry.getValue();
            if (child.isBinary()) {
                Object value = get(struct, entry.getKey());
                if (value instanceof MemoryRecords) {
                    entry.setValue(BinaryNode.valueOf(array(((MemoryRecords) value).buffer())));
                }
            } else if (child.isObject()) putRecords(child, get(struct, entry.getKey()));
            else if (child.isArray() && child.size() > 0 && child.get(0).isObject()) {
                Iterator<?> elements = ((Collection<?>) get(struct, entry.getKey())).iterator();
                for (JsonNode element : child) putRecords(element, elements.next());
            }
        }
    }

    /** Adds them at random to the structs that the JSON names, at every level; one is sure to get some. */
    static void addUnknownTags(Message struct, JsonNode json, Random random, boolean sure) throws Exception {
        if (sure || random.nextInt(3) == 0) {
            int tag = 32 + random.nextInt(100);
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                byte[] content = new byte[random.nextInt(8) == 0 ? 200 + random.nextInt(200) : random.nextInt(12)];
                random.nextBytes(content);
                struct.unknownTaggedFields().add(new RawTaggedField(tag, content));
                tag = i == 2 && random.nextBoolean() ? Integer.MAX_VALUE - 1 : tag + 1 + random.nextInt(20_000);
            }
        }
        Iterator<Map.Entry<String, JsonNode>> entries = json.fields();
        while (entries.hasNext()) {
            Map.Entry<String, JsonNode> entry = entries.next();
            JsonNode child = entry.getValue();
            if (child.isObject()) addUnknownTags((Message) get(struct, entry.getKey()), child, random, false);
            else if (child.isArray() && child.size() > 0 && child.get(0).isObject()) {
                Iterator<?> elements = ((Collection<?>) get(struct, entry.getKey())).iterator();
                for (JsonNode element : child) addUnknownTags((Message) elements.next(), element, random, false);
            }
        }
    }

    /** What each field is in a new object, and under {@code name[]} the same of the structs in it, which is not there yet. */
    static ObjectNode defaults(Class<?> struct) throws Exception {
        ObjectNode defaults = JSON.createObjectNode();
        Object made = struct.getConstructor().newInstance();
        for (Method setter : struct.getMethods()) {
            if (!setter.getName().startsWith("set") || setter.getReturnType() != struct) continue;
            String name = Character.toLowerCase(setter.getName().charAt(3)) + setter.getName().substring(4);
            defaults.set(name, plain(get(made, name)));
            Class<?> inner = structIn(setter.getGenericParameterTypes()[0]);
            if (inner != null) defaults.set(name + "[]", defaults(inner));
        }
        return defaults;
    }

    static JsonNode plain(Object value) {
        if (value instanceof Message) return JSON.createObjectNode();
        if (value instanceof byte[]) return BinaryNode.valueOf((byte[]) value);
        if (value instanceof ByteBuffer) return BinaryNode.valueOf(array((ByteBuffer) value));
        return JSON.valueToTree(value instanceof Uuid ? value.toString() : value);
    }

    static Class<?> structIn(java.lang.reflect.Type type) {
        if (type instanceof ParameterizedType) return structIn(((ParameterizedType) type).getActualTypeArguments()[0]);
        Class<?> plain = (Class<?>) type;
        if (Message.class.isAssignableFrom(plain)) return plain;
        return Collection.class.isAssignableFrom(plain) ? structIn(plain.getGenericSuperclass()) : null;
    }

    // ---- schemas, which are what Kafka has for user data of assignors

    /** {@code StickyAssignorUserData} is what {@code StickyAssignor.STICKY_ASSIGNOR_USER_DATA_V0} says in version 0. */
    static Schema schema(String name, short version) throws Exception {
        Class<?> assignor = Class.forName("org.apache.kafka.clients.consumer." + name.replace("UserData", ""));
        String field = name.replaceAll("(?<=.)(?=[A-Z])", "_").toUpperCase(Locale.ROOT) + "_V" + version;
        Field schema = assignor.getDeclaredField(field);
        schema.setAccessible(true);
        return (Schema) schema.get(null);
    }

    static void compareBySchema(Schema schema, JsonNode question, ObjectNode result) {
        JsonNode value = question.get("value");
        byte[] theirs = question.has("bytes") ? bytes(question.get("bytes")) : null;
        Struct struct = (Struct) toSchemaValue(schema, value);
        ByteBuffer ours = ByteBuffer.allocate(schema.sizeOf(struct));
        schema.write(ours, struct);
        if (!Arrays.equals(ours.array(), theirs)) result.put("bytes", text(ours.array()));
        if (theirs == null) return;
        ByteBuffer readable = ByteBuffer.wrap(theirs);
        JsonNode read = fromSchemaValue(schema, schema.read(readable));
        if (readable.hasRemaining()) result.put("readDiffers", readable.remaining() + " bytes are left over");
        else if (!read.equals(SAME, value)) result.put("readDiffers", read.toString());
    }

    static Object toSchemaValue(Type type, JsonNode value) {
        if (type instanceof Schema) {
            Struct struct = new Struct((Schema) type);
            for (BoundField field : ((Schema) type).fields()) {
                struct.set(field, toSchemaValue(field.def.type, value.get(jsonName(field))));
            }
            return struct;
        }
        if (type.isArray()) {
            List<Object> items = new ArrayList<>();
            for (JsonNode item : value) items.add(toSchemaValue(type.arrayElementType().get(), item));
            return items.toArray();
        }
        return value.isTextual() ? (Object) value.textValue() : (Object) value.intValue();
    }

    static JsonNode fromSchemaValue(Type type, Object value) {
        if (type instanceof Schema) {
            ObjectNode json = JSON.createObjectNode();
            for (BoundField field : ((Schema) type).fields()) {
                json.set(jsonName(field), fromSchemaValue(field.def.type, ((Struct) value).get(field)));
            }
            return json;
        }
        if (!type.isArray()) return JSON.valueToTree(value);
        ArrayNode items = JSON.createArrayNode();
        for (Object item : (Object[]) value) items.add(fromSchemaValue(type.arrayElementType().get(), item));
        return items;
    }

    static String jsonName(BoundField field) {
        StringBuilder name = new StringBuilder();
        for (String word : field.def.name.split("_")) {
            name.append(name.length() == 0 ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return name.toString();
    }

    // ---- reflection

    private static final Map<Class<?>, Map<String, Method>> GETTERS = new HashMap<>();

    static Object get(Object struct, String name) throws Exception {
        Map<String, Method> getters = GETTERS.computeIfAbsent(struct.getClass(), c -> new HashMap<>());
        Method getter = getters.get(name);
        if (getter == null) getters.put(name, getter = struct.getClass().getMethod(name));
        return invoke(getter, struct);
    }

    static void set(Object struct, String name, JsonNode value) throws Exception {
        String setter = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
        for (Method method : struct.getClass().getMethods()) {
            if (!method.getName().equals(setter)) continue;
            invoke(method, struct, convert(value, method.getGenericParameterTypes()[0]));
            return;
        }
        throw new NoSuchMethodException(struct.getClass().getName() + "." + setter);
    }

    static Object convert(JsonNode value, java.lang.reflect.Type type) throws Exception {
        if (value.isNull()) return null;
        if (type instanceof ParameterizedType) {
            List<Object> list = new ArrayList<>();
            java.lang.reflect.Type element = ((ParameterizedType) type).getActualTypeArguments()[0];
            for (JsonNode item : value) list.add(convert(item, element));
            return list;
        }
        Class<?> wanted = (Class<?>) type;
        if (wanted == boolean.class) return value.booleanValue();
        if (wanted == byte.class || wanted == Byte.class) return (byte) value.intValue();
        if (wanted == short.class || wanted == Short.class) return (short) value.intValue();
        if (wanted == int.class || wanted == Integer.class) return value.intValue();
        if (wanted == long.class || wanted == Long.class) return value.longValue();
        if (wanted == double.class) return value.doubleValue();
        if (wanted == String.class) return value.textValue();
        if (wanted == Uuid.class) return Uuid.fromString(value.textValue());
        if (wanted == byte[].class) return bytes(value);
        if (wanted == ByteBuffer.class) return ByteBuffer.wrap(bytes(value));
        if (wanted == BaseRecords.class) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes(value)));
        Object made = wanted.getConstructor().newInstance();
        if (made instanceof Collection) {
            java.lang.reflect.Type element = ((ParameterizedType) wanted.getGenericSuperclass()).getActualTypeArguments()[0];
            for (JsonNode item : value) {
                @SuppressWarnings("unchecked") Collection<Object> collection = (Collection<Object>) made;
                collection.add(convert(item, element));
            }
            return made;
        }
        Iterator<Map.Entry<String, JsonNode>> entries = value.fields();
        while (entries.hasNext()) {
            Map.Entry<String, JsonNode> entry = entries.next();
            set(made, entry.getKey(), entry.getValue());
        }
        return made;
    }

    static Object invoke(Method method, Object target, Object... args) throws Exception {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exception) throw (Exception) e.getCause();
            throw e;
        }
    }

    // ---- record batches

    static byte[] writeBatches(JsonNode batches) throws Exception {
        ByteBufferOutputStream all = new ByteBufferOutputStream(1024);
        for (JsonNode batch : batches) {
            MemoryRecords written = writeBatch(batch);
            all.write(array((batch.has("keep") ? compacted(written, batch.get("keep")) : written).buffer()));
        }
        all.buffer().flip();
        return array(all.buffer());
    }

    static MemoryRecords writeBatch(JsonNode batch) throws Exception {
        if (batch.has("controlType")) return writeControlBatch(batch);
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
            new ByteBufferOutputStream(1024),
            (byte) batch.get("magic").asInt(),
            Compression.of(batch.get("compression").asText()).build(),
            TimestampType.forName(batch.get("timestampType").asText()),
            batch.get("baseOffset").asLong(),
            batch.get("logAppendTime").asLong(),
            batch.get("producerId").asLong(),
            (short) batch.get("producerEpoch").asInt(),
            batch.get("baseSequence").asInt(),
            batch.get("isTransactional").asBoolean(),
            false,
            batch.get("partitionLeaderEpoch").asInt(),
            1 << 30,
            batch.get("deleteHorizonMs").asLong());
        for (JsonNode record : batch.get("records")) {
            long offset = record.get("offset").asLong();
            long timestamp = record.get("timestamp").asLong();
            byte[] key = bytes(record.get("key"));
            byte[] value = bytes(record.get("value"));
            List<Header> headers = new ArrayList<>();
            for (JsonNode header : record.get("headers")) {
                headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
            }
            builder.appendWithOffset(offset, timestamp, key, value, headers.toArray(new Header[0]));
        }
        return builder.build();
    }

    /** What the log cleaner leaves when only the records at those offsets are to be kept: without any, a bare header. */
    static MemoryRecords compacted(MemoryRecords written, JsonNode keep) {
        Set<Long> kept = new HashSet<>();
        for (JsonNode offset : keep) kept.add(offset.asLong());
        MemoryRecords.RecordFilter cleaner = new MemoryRecords.RecordFilter(1_700_000_000_000L, 86_400_000L) {
            @Override protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, false);
            }

            @Override protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return kept.contains(record.offset());
            }
        };
        // It grows if it must: the result has the buffer.
        ByteBuffer left = ByteBuffer.allocate(written.sizeInBytes());
        left = written.filterTo(cleaner, left, BufferSupplier.NO_CACHING, Integer.MAX_VALUE).outputBuffer();
        left.flip();
        return MemoryRecords.readableRecords(left);
    }

    static MemoryRecords writeControlBatch(JsonNode batch) {
        long offset = batch.get("baseOffset").asLong();
        long timestamp = batch.get("timestamp").asLong();
        int leaderEpoch = batch.get("partitionLeaderEpoch").asInt();
        ByteBuffer space = ByteBuffer.allocate(512);
        String type = batch.get("controlType").asText();
        switch (type) {
            case "COMMIT":
            case "ABORT":
                return MemoryRecords.withEndTransactionMarker(offset, timestamp, leaderEpoch,
                    batch.get("producerId").asLong(), (short) batch.get("producerEpoch").asInt(),
                    new EndTransactionMarker(ControlRecordType.valueOf(type), batch.get("coordinatorEpoch").asInt()));
            case "LEADER_CHANGE":
                return MemoryRecords.withLeaderChangeMessage(offset, timestamp, leaderEpoch, space,
                    new LeaderChangeMessage().setLeaderId(leaderEpoch));
            case "SNAPSHOT_HEADER":
                return MemoryRecords.withSnapshotHeaderRecord(offset, timestamp, leaderEpoch, space,
                    new SnapshotHeaderRecord().setLastContainedLogTimestamp(timestamp));
            case "SNAPSHOT_FOOTER":
                return MemoryRecords.withSnapshotFooterRecord(offset, timestamp, leaderEpoch, space,
                    new SnapshotFooterRecord());
            case "KRAFT_VERSION":
                return MemoryRecords.withKRaftVersionRecord(offset, timestamp, leaderEpoch, space,
                    new KRaftVersionRecord().setKRaftVersion((short) 1));
            case "KRAFT_VOTERS":
                return MemoryRecords.withVotersRecord(offset, timestamp, leaderEpoch, space, new VotersRecord());
            default:
                throw new IllegalArgumentException(type);
        }
    }

    static ArrayNode readBatches(byte[] bytes) {
        ArrayNode batches = JSON.createArrayNode();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
            batch.ensureValid();
            ObjectNode node = batches.addObject()
                .put("magic", batch.magic())
                .put("baseOffset", batch.baseOffset())
                .put("lastOffset", batch.lastOffset())
                .put("nextOffset", batch.nextOffset())
                .put("compression", batch.compressionType().name)
                .put("timestampType", batch.timestampType().name)
                .put("maxTimestamp", batch.maxTimestamp())
                .put("size", batch.sizeInBytes());
            if (batch.magic() == RecordBatch.MAGIC_VALUE_V2) {
                node.put("partitionLeaderEpoch", batch.partitionLeaderEpoch())
                    .put("crc", batch.checksum())
                    .put("isTransactional", batch.isTransactional())
                    .put("isControl", batch.isControlBatch())
                    .put("deleteHorizonMs", batch.deleteHorizonMs().orElse(-1))
                    .put("producerId", batch.producerId())
                    .put("producerEpoch", batch.producerEpoch())
                    .put("baseSequence", batch.baseSequence())
                    .put("baseTimestamp", ((DefaultRecordBatch) batch).baseTimestamp())
                    .put("recordCount", batch.countOrNull());
            }
            ArrayNode records = node.putArray("records");
            for (Record record : batch) {
                record.ensureValid();
                ObjectNode entry = records.addObject()
                    .put("offset", record.offset())
                    .put("timestamp", record.timestamp())
                    .put("key", record.hasKey() ? text(array(record.key())) : null)
                    .put("value", record.hasValue() ? text(array(record.value())) : null);
                ArrayNode headers = entry.putArray("headers");
                for (Header header : record.headers()) {
                    headers.addArray().add(header.key()).add(header.value() == null ? null : text(header.value()));
                }
                if (batch.isControlBatch()) putControl(entry, record);
            }
        }
        return batches;
    }

    static void putControl(ObjectNode entry, Record record) {
        ControlRecordType type = ControlRecordType.parse(record.key());
        entry.put("controlType", type.name());
        if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
            entry.put("coordinatorEpoch", EndTransactionMarker.deserialize(record).coordinatorEpoch());
        }
    }

    // ---- bytes and errors

    static byte[] bytes(JsonNode text) {
        return text.isNull() ? null : FROM_TEXT.decode(text.asText());
    }

    static String text(byte[] bytes) {
        return TO_TEXT.encodeToString(bytes);
    }

    static byte[] array(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return copy;
    }

    static String describe(Throwable error) {
        return error.getClass().getSimpleName() + ": " + error.getMessage();
    }
}
