//! Against servers that lose, repeat and confuse packets.

use std::future::Future;

use tokio::task::JoinSet;

use super::packet::acknowledgement;
use super::*;

/// A server's end of a conversation.
struct Server(UdpSocket);

impl Server {
    async fn hear(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 1024];
        let (length, from) = self.0.recv_from(&mut buffer).await.unwrap();
        (buffer[..length].to_vec(), from)
    }

    async fn hear_exactly(&self, packet: &[u8]) {
        let (heard, _) = self.hear().await;
        assert_eq!(heard, packet);
    }

    async fn send(&self, to: SocketAddr, packet: &[u8]) {
        self.0.send_to(packet, to).await.unwrap();
    }

    async fn data(&self, to: SocketAddr, number: u16, bytes: &[u8]) {
        let packet = [&[0, 3][..], &number.to_be_bytes(), bytes].concat();
        self.send(to, &packet).await;
    }
}

/// What comes of asking a server that behaves so. The whole conversation must be held.
async fn asked<F>(options: &[(&str, &str)], behaviour: impl FnOnce(Server) -> F) -> Result<Answer, Wrong>
where
    F: Future<Output = ()> + Send + 'static,
{
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(behaviour(Server(socket)));
    let options: Vec<_> =
        options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answer = get(address, Some([127, 0, 0, 9].into()), "file", &options, 1).await;
    server.join_next().await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn blocks_that_are_lost_and_doubled_make_one_file() {
    let answer = asked(&[], |server| async move {
        // The first request is lost.
        let (request, _) = server.hear().await;
        let (again, phone) = server.hear().await;
        assert_eq!((request.as_slice(), phone.ip().to_string().as_str()), (again.as_slice(), "127.0.0.9"));
        server.data(phone, 1, &[b'a'; 512]).await;
        server.data(phone, 1, &[b'a'; 512]).await;
        server.hear_exactly(&acknowledgement(1)).await;
        server.hear_exactly(&acknowledgement(1)).await;
        server.data(phone, 2, b"end").await;
        server.hear_exactly(&acknowledgement(2)).await;
    });
    let answer = answer.await.unwrap();
    assert_eq!((answer.end, answer.file.length()), (End::File, 515));
}

#[tokio::test]
async fn options_are_agreed_on_and_a_file_that_ends_early_is_told() {
    let behaviour = |length: &'static [u8]| {
        move |server: Server| async move {
            let (request, phone) = server.hear().await;
            assert!(request.ends_with(b"blksize\x00600\x00tsize\x000\x00"), "{request:?}");
            server.send(phone, &[b"\0\x06blksize\x00600\0tsize\0", length, b"\0"].concat()).await;
            server.hear_exactly(&acknowledgement(0)).await;
            server.data(phone, 1, &[b'a'; 599]).await;
            server.hear_exactly(&acknowledgement(1)).await;
        }
    };
    let options = [("blksize", "600"), ("tsize", "0")];
    assert_eq!(asked(&options, behaviour(b"599")).await.unwrap().file.length(), 599);
    let wrong = asked(&options, behaviour(b"700")).await.unwrap_err();
    assert_eq!(wrong.to_string(), "a file that ended after 599 of 700 bytes");
}

#[tokio::test]
async fn a_stranger_is_sent_away_and_changes_nothing() {
    let answer = asked(&[], |server| async move {
        let (_, phone) = server.hear().await;
        server.data(phone, 1, &[b'a'; 512]).await;
        server.hear_exactly(&acknowledgement(1)).await;
        let stranger = Server(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        stranger.data(phone, 2, b"wrong").await;
        let (packet, _) = stranger.hear().await;
        assert!(packet.starts_with(&[0, 5, 0, 5]), "{packet:?}");
        server.data(phone, 2, b"").await;
        server.hear_exactly(&acknowledgement(2)).await;
    });
    assert_eq!(answer.await.unwrap().file.length(), 512);
}

#[tokio::test]
async fn errors_and_nonsense_end_it() {
    let refusal = |packet: &'static [u8]| {
        move |server: Server| async move {
            let (_, phone) = server.hear().await;
            server.send(phone, packet).await;
        }
    };
    let answer = asked(&[], refusal(b"\0\x05\0\x01none\0")).await.unwrap();
    assert_eq!((answer.end, answer.again), (End::TftpError(1), None));
    let answer = asked(&[], refusal(b"\0\x05\0\0Busy, try again\0")).await.unwrap();
    assert_eq!((answer.end, answer.again), (End::TftpError(0), Some(AGAIN)));
    assert!(matches!(asked(&[], refusal(b"hello")).await, Err(Wrong::Nonsense("TFTP"))));
    let too_long: &'static [u8] = Box::leak([&[0, 3, 0, 1][..], &[0; 600]].concat().into_boxed_slice());
    assert!(matches!(asked(&[], refusal(too_long)).await, Err(Wrong::Nonsense(_))));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let answer = asked(&[], |server| async move {
        for _ in 0..ATTEMPTS {
            server.hear().await;
        }
    });
    assert!(matches!(answer.await, Err(Wrong::Silence(8))));
}
