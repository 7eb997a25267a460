use barrow::archive::*;
fn main() {
    for p in std::env::args().skip(1) {
        let t = std::time::Instant::now();
        match ZipReader::open(std::path::Path::new(&p), &Limits::default()) {
            Ok(z) => {
                let t1 = t.elapsed();
                let mut i = Inflater::default();
                let mut e = None;
                for x in z.entries() {
                    if let Err(er) = i.read(z.file(), x.path.as_str(), &x.span, |_| Ok(())) {
                        e = Some(er);
                        break;
                    }
                }
                println!("ok {} {} open {:?} read {:?} {:?}", p, z.entries().len(), t1, t.elapsed(), e);
            }
            Err(e) => println!("REFUSED {p}: {e} {:?}", std::error::Error::source(&e).map(|e| e.to_string())),
        }
    }
}
