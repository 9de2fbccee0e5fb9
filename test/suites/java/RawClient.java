import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Codec;
import io.grpc.Compressor;
import io.grpc.CompressorRegistry;
import io.grpc.DecompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Sends gRPC frames as they are through grpc-java's netty channel, and writes what comes back.
 *
 * <p>Each line of standard input is one call: the path, {@code identity} or {@code gzip}, and in hex the frame and its
 * signature in base64. Each line of standard output is its answer: the frame in hex, and the trailer {@code sig-bin} in
 * base64. Arguments: the address, the file of the authority's certificate.
 */
public final class RawClient {
  private static final Metadata.Key<byte[]> SIGNATURE =
      Metadata.Key.of("sig-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final int PREFIX = 5;
  private static final HexFormat HEX = HexFormat.of();

  /** Hands bytes through. */
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException error) {
            throw new IllegalStateException(error);
          }
        }
      };

  /**
   * Says that it is gzip and does nothing: what it gets is compressed already, since the signature is over the compressed
   * bytes; and what comes has to stay as it came.
   */
  private static final class Untouched implements Codec {
    private boolean used;

    @Override
    public String getMessageEncoding() {
      return "gzip";
    }

    @Override
    public InputStream decompress(InputStream stream) {
      used = true;
      return stream;
    }

    @Override
    public OutputStream compress(OutputStream stream) {
      return stream;
    }
  }

  public static void main(String[] arguments) throws Exception {
    String[] place = arguments[0].split(":");
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(place[0], Integer.parseInt(place[1]))
            .sslContext(GrpcSslContexts.forClient().trustManager(new File(arguments[1])).build())
            .overrideAuthority("localhost");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ");
      Untouched gzip = new Untouched();
      CompressorRegistry compressors = CompressorRegistry.newEmptyInstance();
      compressors.register((Compressor) gzip);
      DecompressorRegistry decompressors =
          DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, false).with(gzip, true);
      ManagedChannel channel =
          builder
              .compressorRegistry(compressors)
              .decompressorRegistry(decompressors)
              .build();
      System.out.println(call(channel, gzip, words[0], words[1].equals("gzip"), HEX.parseHex(words[2]), words[3]));
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private static String call(
      Channel channel, Untouched gzip, String path, boolean compressed, byte[] frame, String signature)
      throws Exception {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.newBuilder(BYTES, BYTES)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(path.substring(1))
            .build();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
    ClientCall<byte[], byte[]> call =
        channel.newCall(method, compressed ? options.withCompression("gzip") : options);
    Metadata headers = new Metadata();
    headers.put(SIGNATURE, Base64.getDecoder().decode(signature));
    CompletableFuture<String> answer = new CompletableFuture<>();
    call.start(
        new ClientCall.Listener<>() {
          private byte[] message = new byte[0];

          @Override
          public void onMessage(byte[] value) {
            message = value;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (!status.isOk()) {
              answer.completeExceptionally(status.asException());
              return;
            }
            byte[] theirs = trailers.get(SIGNATURE);
            String trailer = theirs == null ? "-" : Base64.getEncoder().encodeToString(theirs);
            answer.complete(HEX.formatHex(frameOf(gzip.used, message)) + " " + trailer);
          }
        },
        headers);
    call.request(2);
    call.setMessageCompression(compressed);
    call.sendMessage(Arrays.copyOfRange(frame, PREFIX, frame.length));
    call.halfClose();
    return answer.get();
  }

  private static byte[] frameOf(boolean compressed, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(compressed ? 1 : 0);
    for (int shift = 24; shift >= 0; shift -= 8) {
      frame.write(payload.length >> shift);
    }
    frame.writeBytes(payload);
    return frame.toByteArray();
  }

  private RawClient() {}
}
