"""Prints streams.json: compressed streams as other libraries write them, in base64, with what was compressed.

python3 -m venv venv && venv/bin/pip install lz4==4.4.5 zstandard==0.25.0 python-snappy==0.7.3
venv/bin/python streams.py > streams.json
"""
import base64, gzip, io, json, struct, zlib
import lz4.frame as lz4f
import snappy
import zstandard

text = ('The quick brown fox jumps over the lazy dog. ' * 40).encode()
# Matches from one 64 KiB block into the one before, and a block that does not compress.
noise = bytes((i * i * 31 + (i >> 3) * 17 + (i >> 7) * i) & 255 for i in range(200))
long = b''.join(b'%d ' % (i * i) for i in range(150)) * 90 + noise
SAMPLES = {'text': text, 'long': long}
streams = []


def add(codec, name, sample, data):
    plain = SAMPLES[sample]
    streams.append({'codec': codec, 'name': name, 'crc': zlib.crc32(plain), 'length': len(plain),
                    'bytes': base64.b64encode(data).decode()})


def skippable(data):
    return struct.pack('<II', 0x184D2A53, len(data)) + data


def lz4(data, **options):
    return lz4f.compress(data, **{'block_size': lz4f.BLOCKSIZE_MAX64KB, **options})


add('lz4', 'linked blocks', 'long', lz4(long, block_linked=True))
add('lz4', 'linked blocks, 4 MiB', 'long', lz4(long, block_linked=True, block_size=lz4f.BLOCKSIZE_MAX4MB))
add('lz4', 'independent blocks', 'long', lz4(long, block_linked=False))
add('lz4', 'block checksums', 'long', lz4(long, block_linked=True, block_checksum=True))
add('lz4', 'content checksum, no size', 'text', lz4(text, content_checksum=True, store_size=False))
add('lz4', 'everything', 'long', lz4(long, block_linked=True, block_checksum=True, content_checksum=True, store_size=True))
add('lz4', 'high compression', 'long', lz4(long, compression_level=12, content_checksum=True))
add('lz4', 'two frames', 'text', lz4(text[:700]) + lz4(text[700:], content_checksum=True))
add('lz4', 'skippable frames', 'text', skippable(b'abc') + lz4(text) + skippable(b''))

add('gzip', 'one member', 'long', gzip.compress(long, mtime=0))
add('gzip', 'two members', 'text', gzip.compress(text[:700], mtime=0) + gzip.compress(text[700:], mtime=0))


def gzip_fields():
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = raw.compress(text) + raw.flush()
    head = b'\x1f\x8b\x08\x1f' + b'\0\0\0\0' + b'\0\x03' + struct.pack('<H', 4) + b'ab\0\0' + b'name\0' + b'comment\0'
    head += struct.pack('<H', zlib.crc32(head) & 0xFFFF)
    return head + body + struct.pack('<II', zlib.crc32(text), len(text))


add('gzip', 'extra field, name, comment and header checksum', 'text', gzip_fields())

add('zstd', 'content size and checksum', 'long', zstandard.ZstdCompressor(write_checksum=True).compress(long))
add('zstd', 'neither size nor checksum', 'long', zstandard.ZstdCompressor(write_content_size=False, write_checksum=False).compress(long))
add('zstd', 'level 22', 'long', zstandard.ZstdCompressor(level=22).compress(long))
streamed = zstandard.ZstdCompressor().compressobj()
add('zstd', 'streamed, flushed in between', 'long', b''.join(streamed.compress(long[i:i + 9000]) + streamed.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for i in range(0, len(long), 9000)) + streamed.flush())
one = zstandard.ZstdCompressor()
add('zstd', 'two frames', 'text', one.compress(text[:700]) + one.compress(text[700:]))
add('zstd', 'skippable frames', 'text', skippable(b'abc') + one.compress(text) + skippable(b''))

add('snappy', 'bare block', 'long', snappy.compress(long))


def xerial(data, size, version=1):
    out = b'\x82SNAPPY\0' + struct.pack('>ii', version, 1)
    for i in range(0, len(data), size):
        chunk = snappy.compress(data[i:i + size])
        out += struct.pack('>i', len(chunk)) + chunk
    return out


add('snappy', 'xerial, one chunk', 'text', xerial(text, 1 << 20))
add('snappy', 'xerial, several chunks', 'long', xerial(long, 32768))
print(json.dumps(streams, indent=1))
